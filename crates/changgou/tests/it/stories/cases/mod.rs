//! The sixty payment cases of `docs/payments.md`.

mod close;
mod limits;
mod notice;
mod pay;
mod query;
mod refund;
mod table;
