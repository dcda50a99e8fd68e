//! The way from a code to the demonstration's phone, for who has no WeChat at hand.

use super::super::url::percent_encoded;
use crate::infra::settings::Settings;

/// Where the simulated WeChat scans a code; nothing where a real one does.
pub(super) fn scans(settings: &Settings, code: &str) -> Option<String> {
    let address = format!("http://{}/?code={}", settings.simulator_listen, percent_encoded(code));
    settings.demo.then_some(address)
}
