//! Links from QR codes to the simulated WeChat of the demo.

use super::super::url::percent_encoded;
use crate::infra::settings::Settings;

/// URL at which the simulated WeChat scans a code; `None` outside demo mode.
pub(super) fn scan_url(settings: &Settings, code: &str) -> Option<String> {
    let address = format!("http://{}/?code={}", settings.simulator_listen, percent_encoded(code));
    settings.demo.then_some(address)
}
