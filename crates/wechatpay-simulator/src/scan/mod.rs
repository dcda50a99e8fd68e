//! Native payment mode one: a static code names a product, and a scan asks the merchant for an order.

mod callback;
mod link;
mod link_registry;

pub use callback::{ScanOutcome, scan};
pub use link::{LinkError, NativeLink};
pub use link_registry::LinkRegistry;
