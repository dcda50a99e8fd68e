//! Paid orders: shipped, received, listed.

mod fulfilment;
