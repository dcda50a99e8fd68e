//! Mode one: a static code names a product; scanning it asks the merchant for an order.

mod callback;
mod link;
mod link_registry;

pub use callback::{Outcome, scan};
pub use link::{Link, LinkRefusal};
pub use link_registry::Links;
