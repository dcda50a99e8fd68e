//! The calls of a Native payment.

use std::sync::Arc;

use reqwest::Method;
use serde::de::DeserializeOwned;

use super::certificate_download::Refresher;
use super::native_order::our_order_number;
use super::payment::Transaction;
use super::platform_keys::is_public_key_id;
use super::refund::{RefundAnswer, our_refund};
use super::signed_http::Answer;
use super::trade::PrepaidAnswer;
use super::{
    BadBaseUrl, BadSignature, CallError, ClientOptions, Clock, Closed, Doubt, ErrCode, Merchant, Notice,
    NoticeError, PlatformKeys, Prepaid, RefundRecord, Request, SignedHeaders, Trade, Unsent, json,
    read_notice, verify,
};
use crate::field_rules::{id, order_number, refund_number};
use crate::options::base;
use crate::transport::{Backup, Way, http};

/// Calls WeChat Pay for one merchant. Clones are cheap and share connections and keys.
///
/// It never guesses: [`CallError`] says what is known, the caller decides. It calls once, but for a second
/// address ([`Client::with_backup`]). An answer
/// or a notice with an unknown serial makes it fetch WeChat's certificates, once a minute at most.
#[derive(Debug, Clone)]
pub struct Client {
    way: Way,
    merchant: Arc<Merchant>,
    keys: PlatformKeys,
    clock: Clock,
    options: ClientOptions,
    refresher: Arc<Refresher>,
}

impl Client {
    /// A client for `https://api.mch.weixin.qq.com`, its backup or a simulator, with the machine's
    /// clock, waiting as long as [`ClientOptions::default`] says.
    ///
    /// # Errors
    /// [`BadBaseUrl`] when the address is not plain http(s) or TLS cannot be set up.
    pub fn new(base_url: &str, merchant: Merchant, keys: PlatformKeys) -> Result<Client, BadBaseUrl> {
        Client::with_options(base_url, merchant, keys, Clock::system(), ClientOptions::default())
    }

    /// The same with another clock and other waiting times.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub fn with_options(
        base_url: &str,
        merchant: Merchant,
        keys: PlatformKeys,
        clock: Clock,
        options: ClientOptions,
    ) -> Result<Client, BadBaseUrl> {
        let way = Way::new(http(options), &base(base_url)?)?;
        let merchant = Arc::new(merchant);
        Ok(Client { way, merchant, keys, clock, options, refresher: Arc::default() })
    }

    /// The same with a second address, such as `https://api2.mch.weixin.qq.com`. Where the first gives no
    /// answer, a call is made there, once, with the same body; for a minute it is then asked first.
    ///
    /// # Errors
    /// [`BadBaseUrl`] when the address is not plain http(s), or not of the kind of the first.
    pub fn with_backup(self, base_url: &str) -> Result<Client, BadBaseUrl> {
        let way = self.way.with_backup(Backup::new(&base(base_url)?, self.clock.clone()))?;
        Ok(Client { way, ..self })
    }

    /// How many calls the second address has answered in place of the first.
    pub fn backup_answers(&self) -> u64 {
        self.way.backup.as_ref().map_or(0, Backup::answers)
    }

    /// The merchant calls are made for.
    pub fn merchant(&self) -> &Merchant {
        &self.merchant
    }

    /// The keys answers and notices are checked with.
    pub fn keys(&self) -> &PlatformKeys {
        &self.keys
    }

    /// Makes an order, or asks again for one with the same bytes (doc `4012791877`).
    ///
    /// # Errors
    /// [`CallError`]; on [`CallError::Unknown`] repeat with the same request.
    pub async fn native(&self, request: &Request) -> Result<Prepaid, CallError> {
        our_order_number(request, &self.merchant).ok_or(Unsent::NotOurRequest)?;
        let answer: PrepaidAnswer = self.post("/v3/pay/transactions/native", request.as_str()).await?;
        Ok(Prepaid::of(answer)?)
    }

    /// Asks where an order stands, by our number (doc `4012791879`).
    ///
    /// # Errors
    /// [`CallError`]; an order WeChat does not have is [`ErrCode::OrderNotExist`].
    pub async fn order_query(&self, out_trade_no: &str) -> Result<Trade, CallError> {
        order_number(out_trade_no)?;
        let path = format!("/v3/pay/transactions/out-trade-no/{}", encoded(out_trade_no));
        let transaction = self.transaction(&path).await?;
        is_ours("out_trade_no", transaction.out_trade_no.as_deref(), out_trade_no)?;
        Ok(Trade::of(transaction)?)
    }

    /// Asks where a payment stands, by WeChat's number (doc `4012791880`).
    ///
    /// # Errors
    /// [`CallError`]; a payment WeChat does not have is [`ErrCode::OrderNotExist`].
    pub async fn payment_query(&self, transaction_id: &str) -> Result<Trade, CallError> {
        id("transaction_id", transaction_id)?;
        let path = format!("/v3/pay/transactions/id/{}", encoded(transaction_id));
        let transaction = self.transaction(&path).await?;
        is_ours("transaction_id", transaction.transaction_id.as_deref(), transaction_id)?;
        Ok(Trade::of(transaction)?)
    }

    /// Closes an unpaid order (doc `4012791881`). Closing twice is no error.
    ///
    /// # Errors
    /// [`CallError`]; after any refusal query: the docs disagree on the code of an order that was paid.
    pub async fn close_order(&self, out_trade_no: &str) -> Result<Closed, CallError> {
        order_number(out_trade_no)?;
        let path = format!("/v3/pay/transactions/out-trade-no/{}/close", encoded(out_trade_no));
        let body = serde_json::json!({ "mchid": self.merchant.mchid }).to_string();
        match self.proven(Method::POST, &path, &body).await {
            Ok(_) => Ok(Closed::Now),
            Err(CallError::Refused { code: ErrCode::OrderClosed, .. }) => Ok(Closed::Already),
            Err(error) => Err(error),
        }
    }

    /// Asks for a refund, or asks again for one with the same bytes (doc `4012791883`). What comes
    /// back tells that it was taken on; only [`super::RefundStatus::Success`] tells that it is done.
    ///
    /// # Errors
    /// [`CallError`]; on [`CallError::Unknown`] query, then repeat with the same request, never with
    /// another number.
    pub async fn refund(&self, request: &Request) -> Result<RefundRecord, CallError> {
        let ours = our_refund(request).ok_or(Unsent::NotOurRequest)?;
        let answer: RefundAnswer = self.post("/v3/refund/domestic/refunds", request.as_str()).await?;
        let record = RefundRecord::of(answer)?;
        is_ours("out_refund_no", Some(&record.out_refund_no), &ours.out_refund_no)?;
        is_ours("out_trade_no", Some(&record.out_trade_no), &ours.out_trade_no)?;
        if (record.refund, record.total) != (ours.amount.refund, ours.amount.total) {
            return Err(Doubt::AnswerForAnother("amount").into());
        }
        Ok(record)
    }

    /// Asks where a refund stands (doc `4012791884`).
    ///
    /// # Errors
    /// [`CallError`]; a refund WeChat does not have is [`ErrCode::ResourceNotExists`].
    pub async fn refund_query(&self, out_refund_no: &str) -> Result<RefundRecord, CallError> {
        refund_number(out_refund_no)?;
        let path = format!("/v3/refund/domestic/refunds/{}", encoded(out_refund_no));
        let record = RefundRecord::of(self.get::<RefundAnswer>(&path).await?)?;
        is_ours("out_refund_no", Some(&record.out_refund_no), out_refund_no)?;
        Ok(record)
    }

    /// Reads a notice by [`read_notice`], now; on an unknown serial after fetching certificates, which
    /// happens at most once a minute.
    ///
    /// # Errors
    /// [`NoticeError`], as [`read_notice`].
    pub async fn read_notice(&self, headers: &SignedHeaders, body: &[u8]) -> Result<Notice, NoticeError> {
        let read = || read_notice(headers, body, &self.merchant, &self.keys, self.clock.now());
        match read() {
            Err(NoticeError::Signature(BadSignature::UnknownSerial))
                if self.fetched(&headers.serial).await =>
            {
                read()
            }
            other => other,
        }
    }

    async fn transaction(&self, path: &str) -> Result<Transaction, CallError> {
        let transaction: Transaction = self.get(&format!("{path}?mchid={}", self.merchant.mchid)).await?;
        is_ours("appid", transaction.appid.as_deref(), &self.merchant.appid)?;
        is_ours("mchid", transaction.mchid.as_deref(), &self.merchant.mchid)?;
        Ok(transaction)
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, CallError> {
        let body = self.proven(Method::GET, path, "").await?;
        json::read(&body).ok_or(Doubt::Json.into())
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, text: &str) -> Result<T, CallError> {
        let body = self.proven(Method::POST, path, text).await?;
        json::read(&body).ok_or(Doubt::Json.into())
    }

    /// The body of an answer that is proven to be WeChat's.
    async fn proven(&self, method: Method, path: &str, text: &str) -> Result<Vec<u8>, CallError> {
        let answer = self.answer(method, path, text).await?;
        let headers = SignedHeaders::read(&answer.headers).map_err(Doubt::Signature)?;
        let check = |answer: &Answer| verify(&headers, &answer.body, &self.keys, self.clock.now());
        let proof = match check(&answer) {
            Err(BadSignature::UnknownSerial) if self.fetched(&headers.serial).await => check(&answer),
            other => other,
        };
        proof.map_err(Doubt::Signature)?;
        Ok(answer.body)
    }

    /// Whether a serial is known after fetching certificates. Public keys cannot be fetched.
    async fn fetched(&self, serial: &str) -> bool {
        let may = !is_public_key_id(serial);
        may && self.refresh_certificates().await.is_ok() && self.keys.get(serial).is_some()
    }

    pub(crate) fn way(&self) -> &Way {
        &self.way
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(crate) fn options(&self) -> ClientOptions {
        self.options
    }

    pub(crate) fn refresher(&self) -> &Refresher {
        &self.refresher
    }
}

fn is_ours(name: &'static str, theirs: Option<&str>, ours: &str) -> Result<(), Doubt> {
    match theirs {
        Some(theirs) if theirs == ours => Ok(()),
        Some(_) => Err(Doubt::AnswerForAnother(name)),
        None => Err(Doubt::Missing(name)),
    }
}

/// A number as one segment of a path: all but letters, digits, `-` and `_` percent-encoded.
fn encoded(number: &str) -> String {
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
