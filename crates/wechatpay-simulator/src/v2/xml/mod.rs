//! The flat XML of API v2: `<xml><name>value</name>…</xml>` and nothing else.

mod read;
mod write;

use std::collections::BTreeMap;

pub use read::read;
pub use write::{write, write_root};

/// Field names and decoded values, sorted by name in byte order, which is the order of signing.
pub type XmlFields = BTreeMap<String, String>;
