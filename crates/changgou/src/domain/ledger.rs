//! The causes of ledger entries.

use crate::domain::words::word_enum;

word_enum! {
    /// Why stock or points changed. Part of the key of each ledger, so that nothing is booked twice.
    pub enum LedgerCause {
        /// The opening balance.
        Opening = "opening",
        Place = "place",
        /// An order was closed, which reverses [`LedgerCause::Place`].
        Close = "close",
        /// Points paid a part of an order.
        Spend = "spend",
        /// The points of a closed or refunded order were returned.
        GiveBack = "give_back",
        /// An operator's adjustment.
        Adjust = "adjust",
        /// Goods of a paid order were returned or not shipped.
        Return = "return",
        /// A closed order was paid after all, which reverses [`LedgerCause::Close`].
        Reopen = "reopen",
    }
}
