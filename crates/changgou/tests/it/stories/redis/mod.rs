//! Redis: what nodes share in it, and what happens without it.

mod lost;
mod shared;
