//! Tests of the simulator through HTTP, with a client that shares no code with it.

mod answers;
mod bills;
mod clock;
mod control;
mod notices;
mod orders;
mod payments;
mod phone;
mod refunds;
mod scans;
mod support;
mod tls;
mod v3;
mod v3_faults;
mod vectors;
mod xml;
