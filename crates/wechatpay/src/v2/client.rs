//! The three calls a Native payment needs.

use std::sync::Arc;

use super::fields::required;
use super::http_post::post;
use super::request::about;
use super::response::{answer, is_field};
use super::stored_request::{our_field, our_fields, signed_with};
use super::{
    ApiKey, BadBaseUrl, CallError, ClientOptions, Closed, ErrCode, Fields, Merchant, MoneyOut, Prepaid,
    Request, SignType, Trade, Unsent,
};
use crate::Clock;
use crate::options::base;
use crate::transport::{Backup, Way, http};

/// Calls WeChat Pay for one merchant. Clones are cheap and share connections.
///
/// It never guesses: [`CallError`] says what is known, the caller decides. It calls once, but for a second
/// address ([`Client::with_backup`]) and an old key ([`ApiKey::beside`]).
#[derive(Debug, Clone)]
pub struct Client {
    way: Way,
    money_out: Option<Way>,
    options: ClientOptions,
    merchant: Arc<Merchant>,
}

/// Whether WeChat did not so much as read a message: so it answers a signature it does not know, and while
/// one key takes another's place that may be because it knows the other.
pub(crate) fn is_rejected<T>(answered: &Result<T, CallError>) -> bool {
    matches!(answered, Err(CallError::Rejected { .. }))
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

    /// The same with a second address, such as `https://api2.mch.weixin.qq.com`. Where the first gives no
    /// answer, a call is made there, once, with the same bytes; for a minute of `clock` it is then asked
    /// first.
    ///
    /// # Errors
    /// [`BadBaseUrl`] when the address is not plain http(s), or not of the kind of the first.
    pub fn with_backup(self, base_url: &str, clock: Clock) -> Result<Client, BadBaseUrl> {
        let way = self.way.with_backup(Backup::new(&base(base_url)?, clock))?;
        Ok(Client { way, ..self })
    }

    /// The same, able to make the calls that take money out; by the addresses it has so far, unless
    /// `money_out` has its own.
    ///
    /// # Errors
    /// [`BadBaseUrl`] when its address is not plain http(s), or certificate and key do not fit.
    pub fn with_money_out(self, money_out: MoneyOut) -> Result<Client, BadBaseUrl> {
        let own = money_out.base_url().map(base).transpose()?;
        let builder = money_out.dress(http(self.options));
        let way = match own {
            Some(base) => Way::new(builder, &base)?,
            None => self.way.dressed(builder)?,
        };
        Ok(Client { money_out: Some(way), ..self })
    }

    /// How many calls the second address has answered in place of the first.
    pub fn backup_answers(&self) -> u64 {
        self.way.backup.as_ref().map_or(0, Backup::answers)
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
        let with = async |key: ApiKey| {
            let bytes = post(way, path, signed_with(request, &key, sign_type)?).await?;
            answer(&bytes, asked, &self.merchant, sign_type)
        };
        let mut answered = with(self.merchant.api_key.clone()).await;
        for key in self.merchant.api_key.others() {
            if is_rejected(&answered) {
                answered = with(key).await;
            }
        }
        answered
    }
}
