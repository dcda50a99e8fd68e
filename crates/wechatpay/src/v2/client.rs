//! The API v2 client: order, query and close.

use std::sync::Arc;

use super::fields::required;
use super::http_post::post_xml;
use super::request::order_request;
use super::response::{check_field, read_response};
use super::stored_request::{read_stored_request, signed_with_key, stored_field};
use super::{
    ApiKey, ClientBuildError, ClientOptions, CloseOutcome, Fields, MutualTls, NotSentReason, SignType,
    V2CallError, V2ErrCode, V2Merchant, V2PrepayResponse, V2Request, V2Trade,
};
use crate::Clock;
use crate::options::parse_base_url;
use crate::transport::{BackupAddress, Endpoint, client_builder};

/// The API v2 client of one merchant. Clones are cheap and share their connections.
///
/// It never guesses: [`V2CallError`] says what is known, and the caller decides. It never retries,
/// except at a backup address ([`V2Client::with_backup`]) and with the previous key
/// ([`ApiKey::with_previous`]).
///
/// # Examples
/// Create an order, and refund a part of it once it is paid.
/// ```
/// use wechatpay::Clock;
/// use wechatpay::v2::{ApiKey, MutualTls, SignType, UnifiedOrder, V2Client, V2Merchant, V2Refund};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use wechatpay_simulator::{Merchant, SimulatorOptions};
/// # let options = SimulatorOptions::new(([127, 0, 0, 1], 0).into(), Merchant::demo());
/// # let simulator = wechatpay_simulator::start(options).await?;
/// # let base_url = format!("http://{}", simulator.address());
/// let merchant = V2Merchant {
///     appid: "wx8888888888888888".into(),
///     mch_id: "1900000109".into(),
///     api_key: ApiKey::new("0123456789abcdef0123456789abcdef")?,
/// };
/// // WeChat requires `MutualTls::with_certificate` for refunds.
/// let client = V2Client::new(&base_url, merchant)?.with_mutual_tls(MutualTls::without_certificate())?;
/// let (now, sign_type) = (Clock::system().now(), SignType::HmacSha256);
/// let order = UnifiedOrder {
///     body: "Two mugs".into(),
///     out_trade_no: "NO_1234567890".into(),
///     total_fee: 101,
///     spbill_create_ip: "127.0.0.1".into(),
///     notify_url: "http://127.0.0.1:9/notice".into(),
///     product_id: "P1".into(),
///     time_start: now,
///     time_expire: now + 7_200_000,
///     attach: None,
///     sign_type,
/// };
/// let request = order.request(client.merchant())?;
/// let code_url = client.unified_order(&request, sign_type).await?.code_url;
/// # let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).build()?;
/// # let body = format!(r#"{{"code_url": "{code_url}"}}"#);
/// # http.post(format!("{base_url}/sim/pay")).body(body).send().await?.error_for_status()?;
///
/// // After the payer has scanned and paid `code_url`:
/// let trade = client.query_order(&order.out_trade_no, sign_type).await?;
/// assert_eq!(trade.paid.ok_or("not paid")?.total_fee, 101);
///
/// let refund = V2Refund {
///     out_trade_no: order.out_trade_no.clone(),
///     out_refund_no: "NO_1234567890_R1".into(),
///     total_fee: 101,
///     refund_fee: 50,
///     refund_desc: None,
///     notify_url: None,
///     sign_type,
/// };
/// let request = refund.request(client.merchant())?;
/// assert_eq!(client.refund(&request, sign_type).await?.refund_fee, 50);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct V2Client {
    endpoint: Endpoint,
    mutual_tls: Option<Endpoint>,
    options: ClientOptions,
    merchant: Arc<V2Merchant>,
}

/// Whether WeChat rejected the whole message. That is also its response to an unknown signature, so
/// during a key rotation it may still know only the other key.
pub(crate) fn is_rejected<T>(answered: &Result<T, V2CallError>) -> bool {
    matches!(answered, Err(V2CallError::Rejected { .. }))
}

impl V2Client {
    /// Creates a client for `https://api.mch.weixin.qq.com` or a simulator, with default timeouts.
    ///
    /// # Errors
    /// [`ClientBuildError`] if the address is not plain http(s) or the HTTP client cannot be built.
    pub fn new(base_url: &str, merchant: V2Merchant) -> Result<V2Client, ClientBuildError> {
        V2Client::with_options(base_url, merchant, ClientOptions::default())
    }

    /// Creates a client with other timeouts.
    ///
    /// # Errors
    /// As [`V2Client::new`].
    pub fn with_options(
        base_url: &str,
        merchant: V2Merchant,
        options: ClientOptions,
    ) -> Result<V2Client, ClientBuildError> {
        let endpoint = Endpoint::new(client_builder(options), &parse_base_url(base_url)?)?;
        Ok(V2Client { endpoint, mutual_tls: None, options, merchant: Arc::new(merchant) })
    }

    /// Adds a backup address, such as `https://api2.mch.weixin.qq.com`. If the first address gives no
    /// answer, the same bytes are sent once to the backup. For the next minute of `clock` the backup is
    /// then tried first.
    ///
    /// # Errors
    /// [`ClientBuildError`] if the address is not plain http(s), or its scheme differs from the first
    /// one.
    pub fn with_backup(self, base_url: &str, clock: Clock) -> Result<V2Client, ClientBuildError> {
        let endpoint = self.endpoint.with_backup(BackupAddress::new(&parse_base_url(base_url)?, clock))?;
        Ok(V2Client { endpoint, ..self })
    }

    /// Adds mutual TLS, which refunds and the fund-flow bill need. The addresses stay the same, unless
    /// `mutual_tls` has its own.
    ///
    /// # Errors
    /// [`ClientBuildError`] if its address is not plain http(s), or certificate and key do not match.
    pub fn with_mutual_tls(self, mutual_tls: MutualTls) -> Result<V2Client, ClientBuildError> {
        let own = mutual_tls.base_url().map(parse_base_url).transpose()?;
        let builder = mutual_tls.configure(client_builder(self.options));
        let endpoint = match own {
            Some(base) => Endpoint::new(builder, &base)?,
            None => self.endpoint.with_builder(builder)?,
        };
        Ok(V2Client { mutual_tls: Some(endpoint), ..self })
    }

    /// How many calls the backup address has answered.
    pub fn backup_answers(&self) -> u64 {
        self.endpoint.backup.as_ref().map_or(0, BackupAddress::answers)
    }

    /// The merchant of this client.
    pub fn merchant(&self) -> &V2Merchant {
        &self.merchant
    }

    /// Creates an order. Repeating the same bytes returns the same order (pay.weixin.qq.com, chapter
    /// `9_1`).
    ///
    /// # Errors
    /// [`V2CallError`]. On [`V2CallError::Unknown`] repeat the call with the same request.
    pub async fn unified_order(
        &self,
        request: &V2Request,
        sign_type: SignType,
    ) -> Result<V2PrepayResponse, V2CallError> {
        let ours = read_stored_request(request, &self.merchant, sign_type)?;
        let asked = [("out_trade_no", stored_field(&ours, "out_trade_no")?)];
        let fields = self.call(&self.endpoint, "/pay/unifiedorder", request, &asked, sign_type).await?;
        check_field("trade_type", required(&fields, "trade_type")?, "NATIVE")?;
        Ok(V2PrepayResponse::from_fields(&fields)?)
    }

    /// Queries the state of an order (pay.weixin.qq.com, chapter `9_2`).
    ///
    /// # Errors
    /// [`V2CallError`]. An unknown order is [`V2ErrCode::OrderNotExist`].
    pub async fn query_order(&self, out_trade_no: &str, sign_type: SignType) -> Result<V2Trade, V2CallError> {
        let request = order_request(out_trade_no, &self.merchant, sign_type)?;
        let asked = [("out_trade_no", out_trade_no)];
        let fields = self.call(&self.endpoint, "/pay/orderquery", &request, &asked, sign_type).await?;
        Ok(V2Trade::from_fields(&fields)?)
    }

    /// Closes an unpaid order (pay.weixin.qq.com, chapter `9_3`). Closing it twice is not an error.
    ///
    /// # Errors
    /// [`V2CallError`]. A paid order is [`V2ErrCode::OrderPaid`].
    pub async fn close_order(
        &self,
        out_trade_no: &str,
        sign_type: SignType,
    ) -> Result<CloseOutcome, V2CallError> {
        let request = order_request(out_trade_no, &self.merchant, sign_type)?;
        let asked = [("out_trade_no", out_trade_no)];
        match self.call(&self.endpoint, "/pay/closeorder", &request, &asked, sign_type).await {
            Ok(_) => Ok(CloseOutcome::Closed),
            Err(V2CallError::Refused { code: V2ErrCode::OrderClosed, .. }) => Ok(CloseOutcome::AlreadyClosed),
            Err(error) => Err(error),
        }
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    pub(crate) fn options(&self) -> ClientOptions {
        self.options
    }

    pub(crate) fn mutual_tls(&self) -> Result<&Endpoint, NotSentReason> {
        self.mutual_tls.as_ref().ok_or(NotSentReason::NoMutualTls)
    }

    /// Sends a request and returns the fields of the response, after checking that the response does
    /// not contradict `asked`.
    pub(crate) async fn call(
        &self,
        endpoint: &Endpoint,
        path: &str,
        request: &V2Request,
        asked: &[(&'static str, &str)],
        sign_type: SignType,
    ) -> Result<Fields, V2CallError> {
        let with = async |key: ApiKey| {
            let bytes = post_xml(endpoint, path, signed_with_key(request, &key, sign_type)?).await?;
            read_response(&bytes, asked, &self.merchant, sign_type)
        };
        let mut answered = with(self.merchant.api_key.clone()).await;
        for key in self.merchant.api_key.fallback_keys() {
            if is_rejected(&answered) {
                answered = with(key).await;
            }
        }
        answered
    }
}
