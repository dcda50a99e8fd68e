//! Mode one: a static code names a product; scanning it asks the merchant for an order.

mod ask;
mod link;
mod links;

pub use ask::{Outcome, scan};
pub use link::{Link, LinkRefusal};
pub use links::Links;
