//! Which bill is wanted, and what came of it.

/// Which lines a trade bill has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BillKind {
    /// Payments and refunds.
    All,
    /// Payments.
    Success,
    /// Refunds.
    Refund,
}

impl BillKind {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            BillKind::All => "ALL",
            BillKind::Success => "SUCCESS",
            BillKind::Refund => "REFUND",
        }
    }
}

/// Which of the merchant's accounts a fund-flow bill is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Account {
    /// The basic account (基本账户).
    Basic,
    /// The account for operations (运营账户).
    Operation,
    /// The account for fees (手续费账户).
    Fees,
}

impl Account {
    /// The name on the wire of v2, as in `Basic`; v3 writes it in upper case.
    pub fn as_str(self) -> &'static str {
        match self {
            Account::Basic => "Basic",
            Account::Operation => "Operation",
            Account::Fees => "Fees",
        }
    }
}

/// How a bill travels. It is unpacked on arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Packing {
    /// As text.
    Plain,
    /// As GZIP.
    Gzip,
}

/// What came of asking for a bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fetched<T> {
    /// The bill, or the link to it.
    Ready(T),
    /// Nothing happened on that day: there is no bill, and will be none.
    NoBill,
    /// It is still being made: ask again in half an hour.
    Creating,
}
