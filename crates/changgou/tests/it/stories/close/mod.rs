//! Orders that are closed without payment.

mod cancel;
mod unpaid;
