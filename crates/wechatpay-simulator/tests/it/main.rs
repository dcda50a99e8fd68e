//! The simulator as a stranger meets it: through HTTP, with a client that shares no code with it.

mod answers;
mod clock;
mod control;
mod notices;
mod orders;
mod payments;
mod phone;
mod refunds;
mod support;
mod v3;
mod vectors;
mod xml;
