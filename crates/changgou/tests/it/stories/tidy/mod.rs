//! Rules for the source code and for this suite.

mod source;
mod suite;
