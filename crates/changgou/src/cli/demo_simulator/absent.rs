//! Refuses demo mode: this program was built without the simulator.

use std::net::SocketAddr;

use crate::cli::CommandError;
use crate::infra::settings::{Settings, WechatAccount};

/// There is none.
pub(in crate::cli) enum DemoSimulator {}

/// Refuses demo mode; without it no simulator is asked for.
pub(in crate::cli) async fn start(settings: &Settings) -> Result<Option<DemoSimulator>, CommandError> {
    merchant(settings).map(|_| None)
}

/// The account at WeChat Pay. Demo mode is refused even with credentials,
/// because its logins have public passwords.
pub(in crate::cli) fn merchant(settings: &Settings) -> Result<WechatAccount, CommandError> {
    let account = settings.wechat.clone().filter(|_| !settings.demo);
    account.ok_or_else(|| {
        CommandError::message(
            "this program was built without the simulator and has no demo mode; set wechat_appid, wechat_mch_id and \
             wechat_api_key (or, for API v3, wechat_api_v3_key, wechat_serial_no and wechat_key_file) and leave demo \
             at auto",
        )
    })
}

impl DemoSimulator {
    pub(in crate::cli) fn address(&self) -> SocketAddr {
        match *self {}
    }

    pub(in crate::cli) fn account(&self, _: Settings) -> Settings {
        match *self {}
    }

    pub(in crate::cli) async fn stop(self) {
        match self {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn demo_mode_is_refused_with_what_to_set_instead() {
        let refused = start(&Settings::defaults()).await.err().map(|error| error.to_string());
        let words = refused.unwrap_or_default();
        assert!(words.contains("without the simulator") && words.contains("wechat_appid"), "{words}");
    }
}
