//! A WeChat Pay that runs on localhost.
//!
//! It answers at WeChat's own paths with real signatures, notifies like WeChat (retries included), has a phone to
//! pay with, a virtual clock, and faults to order. The README tells how to use it.
//!
//! ```text
//! v2/       the calls merchants make, and the notices they get       phone/    the pages
//! trade/    what was ordered, paid and closed                        control/  `/sim/…`
//! notice/   the delivery of notices                                  faults/   what is to go wrong
//! deeds     pay, refund             ground/   time and chance
//! ```

mod actions;
mod bill;
mod business_error;
mod clock;
mod control;
mod faults;
mod http_server;
mod keys;
mod notice;
mod options;
mod phone;
mod place_order;
mod random;
mod scan;
mod server;
mod state;
mod timestamp;
mod tls;
mod trade;
mod v2;
mod v3;
mod validation;

pub use clock::ClockMode;
pub use keys::{DEMO_API_V3_KEY, KeyError, MerchantKeys, PlatformCertificate, PlatformKeys};
pub use options::{CloseRule, Merchant, Options};
pub use server::{Simulator, StartError, router, start};
pub use state::World;
pub use trade::refund::RefundRule;
