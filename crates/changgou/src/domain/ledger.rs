//! Why a ledger of the shop has an entry.

/// Why stock or points moved; part of each ledger's key, so that nothing counts twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LedgerCause {
    /// What was there at the beginning.
    Opening,
    /// An order was placed.
    Place,
    /// An order was closed: what placing did is undone.
    Close,
    /// An order was paid with points, in part.
    Spend,
    /// An order that was paid with points was closed: they came back.
    GiveBack,
    /// An operator changed it.
    Adjust,
    /// Goods of a paid order came back, or never left.
    Return,
    /// A closed order was paid after all: what closing did is undone.
    Reopen,
}

impl LedgerCause {
    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            LedgerCause::Opening => "opening",
            LedgerCause::Place => "place",
            LedgerCause::Close => "close",
            LedgerCause::Spend => "spend",
            LedgerCause::GiveBack => "give_back",
            LedgerCause::Adjust => "adjust",
            LedgerCause::Return => "return",
            LedgerCause::Reopen => "reopen",
        }
    }
}
