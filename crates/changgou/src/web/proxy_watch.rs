//! Notices a reverse proxy that the settings do not name: all its clients would count as one.

use std::net::IpAddr;
use std::sync::OnceLock;

use axum::extract::Request;

use super::addresses::is_private;
use super::extractors::peer;
use crate::infra::settings::Settings;

/// The first such proxy, if there is one.
#[derive(Default)]
pub(super) struct ProxyWatch(OnceLock<IpAddr>);

impl ProxyWatch {
    /// Looks at a request; warns once. Only a caller nearby can be a proxy of ours.
    pub(super) fn look(&self, request: &Request, settings: &Settings) {
        let is_forwarded = request.headers().contains_key("x-forwarded-for");
        if !is_forwarded || !settings.trusted_proxies.is_empty() || self.0.get().is_some() {
            return;
        }
        let peer = peer(request.extensions());
        if is_private(peer) && self.0.set(peer).is_ok() {
            tracing::warn!(
                %peer,
                "X-Forwarded-For comes from an address that trusted_proxies does not name: it is ignored, \
                 and all clients of that proxy count as one"
            );
        }
    }

    /// A line for `/readyz`.
    pub(super) fn problem(&self) -> Option<String> {
        let peer = self.0.get()?;
        Some(format!("proxy_untrusted: {peer} sends X-Forwarded-For and is not in trusted_proxies\n"))
    }
}
