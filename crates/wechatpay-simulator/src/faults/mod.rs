//! What is to go wrong, and how often.

pub mod armed;
pub mod effect;
pub mod written;

pub use armed::Armed;
pub use effect::{AnswerFault, BillFault, Call, Falsehood, NoticeFault, Subject};
