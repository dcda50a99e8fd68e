//! Why a ledger of the shop has an entry.

/// Why stock or points moved; part of each ledger's key, so that nothing counts twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
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

impl Cause {
    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Cause::Opening => "opening",
            Cause::Place => "place",
            Cause::Close => "close",
            Cause::Spend => "spend",
            Cause::GiveBack => "give_back",
            Cause::Adjust => "adjust",
            Cause::Return => "return",
            Cause::Reopen => "reopen",
        }
    }
}
