//! A WeChat Pay that runs on localhost.
//!
//! It serves WeChat's own paths with real signatures and sends notices with WeChat's retries. It also has a phone to
//! pay with, a virtual clock and configurable faults. The README describes all of it.
//!
//! # Example
//!
//! Start a simulator, place an order and pay it. Any API v2 or v3 client can place the order; here it is done by hand.
//!
//! ```
//! use md5::{Digest, Md5};
//! use wechatpay_simulator::{Merchant, SimulatorOptions, start};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let simulator = start(SimulatorOptions::new(([127, 0, 0, 1], 0).into(), Merchant::demo())).await?;
//! let base_url = format!("http://{}", simulator.address());
//! let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).build()?;
//!
//! // The fields of an order, sorted by name, and their MD5 signature.
//! let fields = "appid=wx8888888888888888&body=Mugs&mch_id=1900000109&nonce_str=1\
//!     &notify_url=http://127.0.0.1:9/notice&out_trade_no=ORDER1&product_id=P1\
//!     &spbill_create_ip=127.0.0.1&total_fee=101&trade_type=NATIVE";
//! let digest = Md5::digest(format!("{fields}&key={}", Merchant::demo().api_key));
//! let sign: String = digest.iter().map(|byte| format!("{byte:02X}")).collect();
//! let pairs = fields.split('&').filter_map(|pair| pair.split_once('='));
//! let xml: String = pairs.map(|(name, value)| format!("<{name}>{value}</{name}>")).collect();
//! let order = format!("<xml>{xml}<sign>{sign}</sign></xml>");
//! let response = http.post(format!("{base_url}/pay/unifiedorder")).body(order).send().await?;
//! assert!(response.text().await?.contains("code_url"));
//!
//! // Pay like the phone. The simulator then posts a notice to `notify_url`.
//! let payment = r#"{"out_trade_no": "ORDER1"}"#;
//! let response = http.post(format!("{base_url}/sim/pay")).body(payment).send().await?;
//! assert!(response.text().await?.contains(r#""trade_state":"SUCCESS""#));
//! simulator.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! # Modules
//!
//! ```text
//! v2/       API v2: calls and notices        trade/    orders, payments, refunds
//! v3/       API v3: calls and notices        notice/   delivery and retries of notices
//! phone/    the web pages                    faults/   configurable faults
//! control/  the control API `/sim/…`         keys/     keys and certificates
//! bill/     bills                            scan/     Native mode one
//! ```

#![warn(missing_docs)]

mod actions;
mod bill;
mod business_error;
mod clock;
mod control;
mod faults;
mod http_server;
mod keys;
mod notice;
mod options;
mod phone;
mod place_order;
mod random;
mod scan;
mod server;
mod start_error;
mod state;
mod sync;
mod timestamp;
mod tls;
mod trade;
mod v2;
mod v3;
mod validation;

pub use clock::ClockMode;
pub use keys::{DEMO_API_V3_KEY, KeyError, MerchantKeys, PlatformCertificate, PlatformCredentials};
pub use options::{CloseRule, Merchant, SimulatorOptions};
pub use server::{Simulator, router, start};
pub use start_error::StartError;
pub use state::SimulatorState;
pub use trade::refund::RefundRule;
