//! WeChat Pay mode one: a code on the shelf that a phone scans.

mod buying;
mod failures;
mod forged;
mod pages;
mod refused;
