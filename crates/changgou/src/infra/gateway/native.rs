//! Mode one (模式一): a SKU's own code, for which WeChat asks the shop for an
//! order whenever somebody scans it. API v2 alone has it.

use wechatpay::v2::{self, ApiKey, NativeReply, SignType, V2Merchant, V2PrepayResponse};

use super::{BadGateway, Disbelieved, Gateway, V2, notice, texts, unusable};
use crate::domain::clock::UtcMs;
use crate::domain::openid::Openid;

/// Somebody scanned a SKU's code; it was WeChat that told so.
#[derive(Clone, Debug)]
pub struct Scan {
    /// Who.
    pub openid: Openid,
    /// What the code says.
    pub product_id: String,
    key: ApiKey,
}

/// Bytes of a refusal that the payer's phone shows.
const WORDS_BYTES_MAX: usize = 128;

impl Gateway {
    /// Whether there is what mode one needs.
    pub fn has_native(&self) -> bool {
        self.v2.is_some()
    }

    fn native(&self) -> Result<(&V2, SignType), BadGateway> {
        let client = self.v2.as_ref();
        let client =
            client.ok_or_else(|| unusable("mode one needs API v2, and wechat_api_key is not set"))?;
        Ok((client, self.native_sign))
    }

    /// The text of a product's code. It is good for ever.
    pub fn native_link(&self, product_id: &str, now: UtcMs) -> Result<String, BadGateway> {
        let (client, sign_type) = self.native()?;
        v2::native_link(product_id, client.merchant(), sign_type, now.0).map_err(unusable)
    }

    /// A short text that leads where this one leads: its code is coarser and scans from further away.
    pub async fn short_link(&self, link: &str) -> Result<String, BadGateway> {
        let (client, sign_type) = self.native()?;
        client.short_url(link, sign_type).await.map_err(unusable)
    }

    /// Reads what WeChat tells of a scan, believing nothing that is not signed. It carries no time:
    /// a copy of it is as good as it.
    pub fn read_scan(&self, body: &[u8]) -> Result<Scan, Disbelieved> {
        let (client, sign_type) = self.native().map_err(|_| notice::OTHER_PROTOCOL)?;
        let told = v2::read_native_callback(body, client.merchant(), sign_type);
        let told = told.map_err(|error| Disbelieved { label: error.label() })?;
        let openid = Openid::read(&told.openid).ok_or(Disbelieved { label: "malformed_field" })?;
        Ok(Scan { openid, product_id: told.product_id, key: told.key })
    }

    /// The signed answer to a scan: the order that was made.
    pub fn scan_order(&self, scan: &Scan, prepay_id: &str) -> Result<String, BadGateway> {
        let prepaid = V2PrepayResponse { prepay_id: prepay_id.to_owned(), code_url: String::new() };
        self.scan_answer(scan, &NativeReply::Order(&prepaid))
    }

    /// The signed answer to a scan of which nothing comes; the payer reads why.
    pub fn scan_refusal(&self, scan: &Scan, why: &str) -> Result<String, BadGateway> {
        self.scan_answer(scan, &NativeReply::Refused(&texts::sayable(why, WORDS_BYTES_MAX)))
    }

    /// WeChat believes the key it asked with.
    fn scan_answer(&self, scan: &Scan, reply: &NativeReply<'_>) -> Result<String, BadGateway> {
        let (client, sign_type) = self.native()?;
        let merchant = V2Merchant { api_key: scan.key.clone(), ..client.merchant().clone() };
        v2::native_reply(reply, &merchant, sign_type).map_err(unusable)
    }
}
