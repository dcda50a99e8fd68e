//! The three calls a Native payment needs.

use std::sync::Arc;

use super::answer::{answer, is_field};
use super::ask::our_order_number;
use super::fields::required;
use super::options::base;
use super::request::about;
use super::transport::{http, post};
use super::{
    BadBaseUrl, CallError, ClientOptions, Closed, ErrCode, Fields, Merchant, Prepaid, Request, SignType,
    Trade,
};

/// Calls WeChat Pay for one merchant. Clones are cheap and share connections.
///
/// It never retries and never guesses: [`CallError`] says what is known, the caller decides.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Arc<str>,
    merchant: Arc<Merchant>,
}

impl Client {
    /// A client for `https://api.mch.weixin.qq.com`, its backup or a simulator, waiting as long as
    /// [`ClientOptions::default`] says.
    ///
    /// # Errors
    /// [`BadBaseUrl`] when the address is not plain http(s) or TLS cannot be set up.
    pub fn new(base_url: &str, merchant: Merchant) -> Result<Client, BadBaseUrl> {
        Client::with_options(base_url, merchant, ClientOptions::default())
    }

    /// The same with other waiting times.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub fn with_options(
        base_url: &str,
        merchant: Merchant,
        options: ClientOptions,
    ) -> Result<Client, BadBaseUrl> {
        let base = base(base_url)?.into();
        Ok(Client { http: http(options)?, base, merchant: Arc::new(merchant) })
    }

    /// The merchant calls are made for.
    pub fn merchant(&self) -> &Merchant {
        &self.merchant
    }

    /// Makes an order, or asks again for one with the same bytes (pay.weixin.qq.com, chapter `9_1`).
    ///
    /// # Errors
    /// [`CallError`]; on [`CallError::Unknown`] repeat with the same request.
    pub async fn unified_order(&self, request: &Request, sign_type: SignType) -> Result<Prepaid, CallError> {
        let number = our_order_number(request, &self.merchant, sign_type)?;
        let fields = self.ask("/pay/unifiedorder", request, &number, sign_type).await?;
        is_field("trade_type", required(&fields, "trade_type")?, "NATIVE")?;
        Ok(Prepaid::from_fields(&fields)?)
    }

    /// Asks where an order stands (pay.weixin.qq.com, chapter `9_2`).
    ///
    /// # Errors
    /// [`CallError`]; an order WeChat does not have is [`ErrCode::OrderNotExist`].
    pub async fn order_query(&self, out_trade_no: &str, sign_type: SignType) -> Result<Trade, CallError> {
        let question = about(out_trade_no, &self.merchant, sign_type)?;
        let fields = self.ask("/pay/orderquery", &question, out_trade_no, sign_type).await?;
        Ok(Trade::from_fields(&fields)?)
    }

    /// Closes an unpaid order (pay.weixin.qq.com, chapter `9_3`). Closing twice is no error.
    ///
    /// # Errors
    /// [`CallError`]; an order that was paid is [`ErrCode::OrderPaid`].
    pub async fn close_order(&self, out_trade_no: &str, sign_type: SignType) -> Result<Closed, CallError> {
        let question = about(out_trade_no, &self.merchant, sign_type)?;
        match self.ask("/pay/closeorder", &question, out_trade_no, sign_type).await {
            Ok(_) => Ok(Closed::Now),
            Err(CallError::Refused { code: ErrCode::OrderClosed, .. }) => Ok(Closed::Already),
            Err(error) => Err(error),
        }
    }

    async fn ask(
        &self,
        path: &str,
        request: &Request,
        out_trade_no: &str,
        sign_type: SignType,
    ) -> Result<Fields, CallError> {
        let url = format!("{}{path}", self.base);
        let bytes = post(&self.http, url, request.as_str().to_owned()).await?;
        answer(&bytes, out_trade_no, &self.merchant, sign_type)
    }
}
