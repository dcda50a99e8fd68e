//! Orders that are closed without payment.

mod cancel;
mod on_delivery;
mod unpaid;
