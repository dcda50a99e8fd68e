//! What is to go wrong, and how often.

pub mod active;
pub mod effect;
pub mod fault_spec;

pub use active::Armed;
pub use effect::{AnswerFault, BillFault, Call, Falsehood, NoticeFault, Subject};
