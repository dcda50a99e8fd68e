//! The program is killed at a given step and started again.

mod bills;
mod payment;
mod refund;
mod restart;
