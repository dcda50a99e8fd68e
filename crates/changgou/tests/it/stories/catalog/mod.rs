//! The catalogue.

mod skus;
