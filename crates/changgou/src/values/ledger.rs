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
    /// An operator changed it.
    Adjust,
}

impl Cause {
    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Cause::Opening => "opening",
            Cause::Place => "place",
            Cause::Close => "close",
            Cause::Adjust => "adjust",
        }
    }
}
