//! The cart.

mod lines;
