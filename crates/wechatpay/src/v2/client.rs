//! The three calls a Native payment needs.

use std::sync::Arc;

use super::answer::{answer, is_field};
use super::ask::{our_field, our_fields};
use super::fields::required;
use super::post::post;
use super::request::about;
use super::{
    BadBaseUrl, CallError, ClientOptions, Closed, ErrCode, Fields, Merchant, MoneyOut, Prepaid, Request,
    SignType, Trade, Unsent,
};
use crate::options::base;
use crate::transport::{Way, http};

/// Calls WeChat Pay for one merchant. Clones are cheap and share connections.
///
/// It never retries and never guesses: [`CallError`] says what is known, the caller decides.
#[derive(Debug, Clone)]
pub struct Client {
    way: Way,
    money_out: Option<Way>,
    options: ClientOptions,
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
        let way = Way::new(http(options), &base(base_url)?)?;
        Ok(Client { way, money_out: None, options, merchant: Arc::new(merchant) })
    }

    /// The same, able to make the calls that take money out.
    ///
    /// # Errors
    /// [`BadBaseUrl`] when its address is not plain http(s), or certificate and key do not fit.
    pub fn with_money_out(self, money_out: MoneyOut) -> Result<Client, BadBaseUrl> {
        let base = money_out.base_url().map_or(Ok(self.way.base.to_string()), base)?;
        let way = Way::new(money_out.dress(http(self.options)), &base)?;
        Ok(Client { money_out: Some(way), ..self })
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
        let ours = our_fields(request, &self.merchant, sign_type)?;
        let asked = [("out_trade_no", our_field(&ours, "out_trade_no")?)];
        let fields = self.ask(&self.way, "/pay/unifiedorder", request, &asked, sign_type).await?;
        is_field("trade_type", required(&fields, "trade_type")?, "NATIVE")?;
        Ok(Prepaid::from_fields(&fields)?)
    }

    /// Asks where an order stands (pay.weixin.qq.com, chapter `9_2`).
    ///
    /// # Errors
    /// [`CallError`]; an order WeChat does not have is [`ErrCode::OrderNotExist`].
    pub async fn order_query(&self, out_trade_no: &str, sign_type: SignType) -> Result<Trade, CallError> {
        let question = about(out_trade_no, &self.merchant, sign_type)?;
        let asked = [("out_trade_no", out_trade_no)];
        let fields = self.ask(&self.way, "/pay/orderquery", &question, &asked, sign_type).await?;
        Ok(Trade::from_fields(&fields)?)
    }

    /// Closes an unpaid order (pay.weixin.qq.com, chapter `9_3`). Closing twice is no error.
    ///
    /// # Errors
    /// [`CallError`]; an order that was paid is [`ErrCode::OrderPaid`].
    pub async fn close_order(&self, out_trade_no: &str, sign_type: SignType) -> Result<Closed, CallError> {
        let question = about(out_trade_no, &self.merchant, sign_type)?;
        let asked = [("out_trade_no", out_trade_no)];
        match self.ask(&self.way, "/pay/closeorder", &question, &asked, sign_type).await {
            Ok(_) => Ok(Closed::Now),
            Err(CallError::Refused { code: ErrCode::OrderClosed, .. }) => Ok(Closed::Already),
            Err(error) => Err(error),
        }
    }

    pub(crate) fn way(&self) -> &Way {
        &self.way
    }

    pub(crate) fn options(&self) -> ClientOptions {
        self.options
    }

    pub(crate) fn money_out(&self) -> Result<&Way, Unsent> {
        self.money_out.as_ref().ok_or(Unsent::NoMoneyOut)
    }

    /// Asks, and gives the fields of an answer that is not about another `asked`.
    pub(crate) async fn ask(
        &self,
        way: &Way,
        path: &str,
        request: &Request,
        asked: &[(&'static str, &str)],
        sign_type: SignType,
    ) -> Result<Fields, CallError> {
        let bytes = post(way, path, request.as_str().to_owned()).await?;
        answer(&bytes, asked, &self.merchant, sign_type)
    }
}
