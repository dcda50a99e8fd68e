//! What the shop does about callers who do not behave, whatever they ask for.

mod labels;
mod unreadable;
