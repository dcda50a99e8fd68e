//! The API v3 client.

use std::sync::Arc;

use reqwest::Method;

use super::native_order::stored_order_number;
use super::payment::TransactionBody;
use super::platform_keys::RefreshLock;
use super::refund::{RefundBody, stored_refund};
use super::trade::PrepayBody;
use super::{
    ClientBuildError, ClientOptions, Clock, CloseOutcome, NotSentReason, PlatformKeys, SignatureHeaders,
    V3CallError, V3ErrCode, V3Merchant, V3Notice, V3NoticeError, V3PrepayResponse, V3RefundRecord, V3Request,
    V3SignatureError, V3Trade, V3UnknownReason, read_notice,
};
use crate::field_rules::{check_id, check_order_number, check_refund_number};
use crate::options::parse_base_url;
use crate::transport::{BackupAddress, Endpoint, client_builder};

/// The API v3 client of one merchant. Clones are cheap and share connections and keys.
///
/// It never guesses: [`V3CallError`] says what is known, and the caller decides. It never retries,
/// except at a backup address ([`V3Client::with_backup`]). A response or a notice with an unknown
/// serial number makes it download WeChat's certificates, at most once a minute.
#[derive(Debug, Clone)]
pub struct V3Client {
    endpoint: Endpoint,
    merchant: Arc<V3Merchant>,
    keys: PlatformKeys,
    clock: Clock,
    options: ClientOptions,
    refresher: Arc<RefreshLock>,
}

impl V3Client {
    /// Creates a client for `https://api.mch.weixin.qq.com` or a simulator, with the system clock and
    /// default timeouts.
    ///
    /// # Errors
    /// [`ClientBuildError`] if the address is not plain http(s) or the HTTP client cannot be built.
    pub fn new(
        base_url: &str,
        merchant: V3Merchant,
        keys: PlatformKeys,
    ) -> Result<V3Client, ClientBuildError> {
        V3Client::with_options(base_url, merchant, keys, Clock::system(), ClientOptions::default())
    }

    /// Creates a client with another clock and other timeouts.
    ///
    /// # Errors
    /// As [`V3Client::new`].
    pub fn with_options(
        base_url: &str,
        merchant: V3Merchant,
        keys: PlatformKeys,
        clock: Clock,
        options: ClientOptions,
    ) -> Result<V3Client, ClientBuildError> {
        let endpoint = Endpoint::new(client_builder(options), &parse_base_url(base_url)?)?;
        let merchant = Arc::new(merchant);
        Ok(V3Client { endpoint, merchant, keys, clock, options, refresher: Arc::default() })
    }

    /// Adds a backup address, such as `https://api2.mch.weixin.qq.com`. If the first address gives no
    /// answer, the same body is sent once to the backup. For the next minute the backup is then tried
    /// first.
    ///
    /// # Errors
    /// [`ClientBuildError`] if the address is not plain http(s), or its scheme differs from the first
    /// one.
    pub fn with_backup(self, base_url: &str) -> Result<V3Client, ClientBuildError> {
        let endpoint =
            self.endpoint.with_backup(BackupAddress::new(&parse_base_url(base_url)?, self.clock.clone()))?;
        Ok(V3Client { endpoint, ..self })
    }

    /// How many calls the backup address has answered.
    pub fn backup_answers(&self) -> u64 {
        self.endpoint.backup.as_ref().map_or(0, BackupAddress::answers)
    }

    /// The merchant of this client.
    pub fn merchant(&self) -> &V3Merchant {
        &self.merchant
    }

    /// The keys that verify responses and notices.
    pub fn keys(&self) -> &PlatformKeys {
        &self.keys
    }

    /// Creates an order. Repeating the same bytes returns the same order (doc `4012791877`).
    ///
    /// # Errors
    /// [`V3CallError`]. On [`V3CallError::Unknown`] repeat the call with the same request.
    pub async fn create_native_order(&self, request: &V3Request) -> Result<V3PrepayResponse, V3CallError> {
        stored_order_number(request, &self.merchant).ok_or(NotSentReason::ForeignRequest)?;
        let answer: PrepayBody = self.post("/v3/pay/transactions/native", request.as_str()).await?;
        Ok(V3PrepayResponse::from_body(answer)?)
    }

    /// Queries an order by the merchant's number (doc `4012791879`).
    ///
    /// # Errors
    /// [`V3CallError`]. An unknown order is [`V3ErrCode::OrderNotExist`].
    pub async fn query_order(&self, out_trade_no: &str) -> Result<V3Trade, V3CallError> {
        check_order_number(out_trade_no)?;
        let path = format!("/v3/pay/transactions/out-trade-no/{}", percent_encoded(out_trade_no));
        let transaction = self.query_transaction(&path).await?;
        check_same("out_trade_no", transaction.out_trade_no.as_deref(), out_trade_no)?;
        Ok(V3Trade::from_body(transaction)?)
    }

    /// Queries a payment by WeChat's number (doc `4012791880`).
    ///
    /// # Errors
    /// [`V3CallError`]. An unknown payment is [`V3ErrCode::OrderNotExist`].
    pub async fn query_payment(&self, transaction_id: &str) -> Result<V3Trade, V3CallError> {
        check_id("transaction_id", transaction_id)?;
        let path = format!("/v3/pay/transactions/id/{}", percent_encoded(transaction_id));
        let transaction = self.query_transaction(&path).await?;
        check_same("transaction_id", transaction.transaction_id.as_deref(), transaction_id)?;
        Ok(V3Trade::from_body(transaction)?)
    }

    /// Closes an unpaid order (doc `4012791881`). Closing it twice is not an error.
    ///
    /// # Errors
    /// [`V3CallError`]. Query after any refusal: the docs disagree on the code for a paid order.
    pub async fn close_order(&self, out_trade_no: &str) -> Result<CloseOutcome, V3CallError> {
        check_order_number(out_trade_no)?;
        let path = format!("/v3/pay/transactions/out-trade-no/{}/close", percent_encoded(out_trade_no));
        let body = serde_json::json!({ "mchid": self.merchant.mchid }).to_string();
        match self.call(Method::POST, &path, &body).await {
            Ok(_) => Ok(CloseOutcome::Closed),
            Err(V3CallError::Refused { code: V3ErrCode::OrderClosed, .. }) => Ok(CloseOutcome::AlreadyClosed),
            Err(error) => Err(error),
        }
    }

    /// Requests a refund. Repeating the same bytes is the same refund (doc `4012791883`). The response
    /// says that the refund was accepted; only [`super::V3RefundStatus::Success`] says that it is done.
    ///
    /// # Errors
    /// [`V3CallError`]. On [`V3CallError::Unknown`] query, then repeat the call with the same request,
    /// never with another number.
    pub async fn refund(&self, request: &V3Request) -> Result<V3RefundRecord, V3CallError> {
        let ours = stored_refund(request).ok_or(NotSentReason::ForeignRequest)?;
        let answer: RefundBody = self.post("/v3/refund/domestic/refunds", request.as_str()).await?;
        let record = V3RefundRecord::from_body(answer)?;
        check_same("out_refund_no", Some(&record.out_refund_no), &ours.out_refund_no)?;
        check_same("out_trade_no", Some(&record.out_trade_no), &ours.out_trade_no)?;
        if (record.refund, record.total) != (ours.amount.refund, ours.amount.total) {
            return Err(V3UnknownReason::AnswerForAnother("amount").into());
        }
        Ok(record)
    }

    /// Queries a refund (doc `4012791884`).
    ///
    /// # Errors
    /// [`V3CallError`]. An unknown refund is [`V3ErrCode::ResourceNotExists`].
    pub async fn query_refund(&self, out_refund_no: &str) -> Result<V3RefundRecord, V3CallError> {
        check_refund_number(out_refund_no)?;
        let path = format!("/v3/refund/domestic/refunds/{}", percent_encoded(out_refund_no));
        let record = V3RefundRecord::from_body(self.get::<RefundBody>(&path).await?)?;
        check_same("out_refund_no", Some(&record.out_refund_no), out_refund_no)?;
        Ok(record)
    }

    /// Verifies and reads a notice with [`read_notice`]. For an unknown serial number it first
    /// downloads the certificates, at most once a minute.
    ///
    /// # Errors
    /// [`V3NoticeError`], like [`read_notice`].
    ///
    /// # Examples
    /// ```
    /// use wechatpay::Clock;
    /// use wechatpay::v3::{
    ///     ApiV3Key, NativeOrder, PlatformKeys, PrivateKey, SignatureHeaders, V3Client, V3Merchant, V3NoticeEvent,
    /// };
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use wechatpay_simulator::{ClockMode, Merchant, SimulatorOptions};
    /// # let mut options = SimulatorOptions::new(([127, 0, 0, 1], 0).into(), Merchant::demo());
    /// # options.clock = ClockMode::Manual { start_ms: Clock::system().now() };
    /// # let simulator = wechatpay_simulator::start(options).await?;
    /// # let base_url = format!("http://{}", simulator.address());
    /// # let files = simulator.merchant_keys("1900000109").ok_or("no such merchant")?;
    /// # let platform = simulator.platform_keys();
    /// let merchant = V3Merchant {
    ///     appid: "wx8888888888888888".into(),
    ///     mchid: "1900000109".into(),
    ///     serial_no: files.serial_no,
    ///     private_key: PrivateKey::from_pem(files.private_key_pem.as_bytes())?,
    ///     api_v3_key: ApiV3Key::new(&files.api_v3_key)?,
    /// };
    /// let keys = PlatformKeys::new();
    /// keys.add_public_key(&platform.public_key_id, platform.public_key_pem.as_bytes())?;
    /// let client = V3Client::new(&base_url, merchant, keys)?;
    /// let order = NativeOrder {
    ///     description: "Two mugs".into(),
    ///     out_trade_no: "NO_1234567890".into(),
    ///     total: 101,
    ///     notify_url: "http://127.0.0.1:9/notice".into(),
    ///     time_expire: Clock::system().now() + 7_200_000,
    ///     attach: None,
    ///     payer_client_ip: None,
    /// };
    /// client.create_native_order(&order.request(client.merchant())?).await?;
    /// # let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).build()?;
    /// # let body = r#"{"out_trade_no": "NO_1234567890"}"#;
    /// # http.post(format!("{base_url}/sim/pay")).body(body).send().await?.error_for_status()?;
    /// # simulator.advance(std::time::Duration::ZERO).await;
    /// # let log = http.get(format!("{base_url}/sim/notifications")).send().await?.text().await?;
    /// # let log: serde_json::Value = serde_json::from_str(&log)?;
    /// # let delivery = &log["deliveries"][0];
    /// # let header = |name: &str| delivery["headers"][name].as_str();
    /// # let body = delivery["body"].as_str().ok_or("no body")?;
    ///
    /// // Once the order is paid, WeChat posts a notice. `header` returns a header by its name.
    /// let headers = SignatureHeaders::from_lookup(header)?;
    /// let notice = client.read_notice(&headers, body.as_bytes()).await?;
    /// assert!(matches!(notice.event, V3NoticeEvent::Paid(payment) if payment.total == 101));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn read_notice(
        &self,
        headers: &SignatureHeaders,
        body: &[u8],
    ) -> Result<V3Notice, V3NoticeError> {
        let read = || read_notice(headers, body, &self.merchant, &self.keys, self.clock.now());
        match read() {
            Err(V3NoticeError::Signature(V3SignatureError::UnknownSerial))
                if self.learns_serial(&headers.serial).await =>
            {
                read()
            }
            other => other,
        }
    }

    async fn query_transaction(&self, path: &str) -> Result<TransactionBody, V3CallError> {
        let transaction: TransactionBody = self.get(&format!("{path}?mchid={}", self.merchant.mchid)).await?;
        check_same("appid", transaction.appid.as_deref(), &self.merchant.appid)?;
        check_same("mchid", transaction.mchid.as_deref(), &self.merchant.mchid)?;
        Ok(transaction)
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(crate) fn options(&self) -> ClientOptions {
        self.options
    }

    pub(crate) fn refresher(&self) -> &RefreshLock {
        &self.refresher
    }
}

fn check_same(name: &'static str, theirs: Option<&str>, ours: &str) -> Result<(), V3UnknownReason> {
    match theirs {
        Some(theirs) if theirs == ours => Ok(()),
        Some(_) => Err(V3UnknownReason::AnswerForAnother(name)),
        None => Err(V3UnknownReason::Missing(name)),
    }
}

/// Encodes a number as one path segment: everything except letters, digits, `-` and `_` is
/// percent-encoded.
fn percent_encoded(number: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    number.bytes().fold(String::new(), |mut text, byte| {
        if plain(byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
        text
    })
}
