//! Runs the simulator in this process.

use std::net::SocketAddr;

use wechatpay_simulator::{Merchant, MerchantKeys, Simulator, SimulatorOptions};

use crate::cli::CommandError;
use crate::infra::settings::{Protocol, PublicKey, Settings, WechatAccount, WechatV3Account};

/// A simulator that runs.
pub(in crate::cli) struct DemoSimulator(Simulator);

/// Starts the simulator where the settings ask for it.
pub(in crate::cli) async fn start(settings: &Settings) -> Result<Option<DemoSimulator>, CommandError> {
    if !settings.demo || settings.wechat.is_some() {
        return Ok(None);
    }
    let mut options = SimulatorOptions::new(settings.simulator_listen, Merchant::demo());
    options.native_callback_url = Some(settings.wechat_native_callback_url());
    let started = wechatpay_simulator::start(options).await;
    let simulator =
        started.map_err(|error| CommandError::message(format!("the simulated WeChat Pay: {error}")))?;
    Ok(Some(DemoSimulator(simulator)))
}

/// The account at WeChat Pay. Without credentials it is the demo account of a
/// simulator in another process, whose keys for API v3 only that process knows.
pub(in crate::cli) fn merchant(settings: &Settings) -> Result<WechatAccount, CommandError> {
    let demo = || demo_account(format!("http://{}", settings.simulator_listen));
    Ok(settings.wechat.clone().unwrap_or_else(demo))
}

fn demo_account(base_url: String) -> WechatAccount {
    let demo = Merchant::demo();
    WechatAccount {
        appid: demo.appid,
        mch_id: demo.mch_id,
        api_key: Some(demo.api_key),
        api_key_old: None,
        v3: None,
        base_url,
        backup_url: None,
        certificate: None,
    }
}

impl DemoSimulator {
    /// Where it listens.
    pub(in crate::cli) fn address(&self) -> SocketAddr {
        self.0.address()
    }

    /// The settings with the account that the simulator knows. Making keys for
    /// API v3 takes a moment, so they are only made where they are used.
    pub(in crate::cli) fn account(&self, settings: Settings) -> Settings {
        let account = demo_account(format!("http://{}", self.address()));
        let v3 = match settings.wechat_protocol {
            Protocol::V2 => None,
            Protocol::V3 => self.0.merchant_keys(&account.mch_id).map(|keys| self.v3_keys(keys)),
        };
        Settings { wechat: Some(WechatAccount { v3, ..account }), ..settings }
    }

    fn v3_keys(&self, keys: MerchantKeys) -> WechatV3Account {
        let platform = self.0.platform_keys();
        WechatV3Account {
            api_v3_key: keys.api_v3_key,
            api_v3_key_old: None,
            serial_no: keys.serial_no,
            key_pem: keys.private_key_pem.into_bytes(),
            public_key: Some(PublicKey {
                id: platform.public_key_id,
                pem: platform.public_key_pem.into_bytes(),
            }),
        }
    }

    /// Stops the simulator.
    pub(in crate::cli) async fn stop(self) {
        self.0.stop().await;
    }
}
