//! The simulated WeChat Pay of demo mode. A program that is built without the
//! feature `simulator` refuses demo mode instead.

#[cfg(feature = "simulator")]
mod built_in;
#[cfg(feature = "simulator")]
use built_in as simulator;

#[cfg(not(feature = "simulator"))]
mod absent;
#[cfg(not(feature = "simulator"))]
use absent as simulator;

pub(super) use simulator::{DemoSimulator, merchant, start};
