//! Faults: what goes wrong, and how often.

pub mod active;
pub mod effect;
pub mod fault_spec;

pub use active::ActiveFaults;
pub use effect::{AnswerFault, ApiCall, BillFault, Falsification, NoticeFault, NoticeSubject};
