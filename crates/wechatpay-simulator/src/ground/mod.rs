//! What everything stands on: time, its spelling, chance.

pub mod clock;
pub mod random;
pub mod stamp;
