//! Which bill to request, and whether it is available.

/// The lines of a trade bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BillKind {
    /// Payments and refunds.
    All,
    /// Payments only.
    Success,
    /// Refunds only.
    Refund,
}

impl BillKind {
    /// The value in messages.
    pub fn as_str(self) -> &'static str {
        match self {
            BillKind::All => "ALL",
            BillKind::Success => "SUCCESS",
            BillKind::Refund => "REFUND",
        }
    }
}

/// The merchant account of a fund-flow bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BillAccount {
    /// The basic account (基本账户).
    Basic,
    /// The operation account (运营账户).
    Operation,
    /// The fee account (手续费账户).
    Fees,
}

impl BillAccount {
    /// The value in API v2, such as `Basic`. API v3 uses upper case.
    pub fn as_str(self) -> &'static str {
        match self {
            BillAccount::Basic => "Basic",
            BillAccount::Operation => "Operation",
            BillAccount::Fees => "Fees",
        }
    }
}

/// How a bill is transferred. The download decompresses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BillCompression {
    /// As plain text.
    None,
    /// Compressed with GZIP.
    Gzip,
}

/// The result of requesting a bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BillStatus<T> {
    /// The bill, or the link to it.
    Ready(T),
    /// There was no transaction on that day, so there never is a bill.
    NoBill,
    /// The bill is not ready yet: try again in half an hour.
    Creating,
}
