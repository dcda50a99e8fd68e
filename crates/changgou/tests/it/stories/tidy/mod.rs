//! Rules for the source code and for this suite.

mod circles;
mod source;
mod suite;
