//! Native payment mode one (模式一): a permanent code per SKU. When it is scanned, WeChat asks the shop
//! for an order. Only API v2 has it.

use wechatpay::v2::{self, ApiKey, NativeReply, SignType, V2Merchant, V2PrepayResponse};

use super::outcome::{BadGateway, unusable};
use super::{Gateway, RejectedNotice, V2, notice, wechat_text};
use crate::domain::clock::UtcMs;
use crate::domain::openid::Openid;

/// A verified callback of WeChat about a scanned code.
#[derive(Clone, Debug)]
pub struct NativeScan {
    pub openid: Openid,
    /// The product id in the code.
    pub product_id: String,
    key: ApiKey,
}

/// The most bytes of a refusal shown on the payer's phone.
const WORDS_BYTES_MAX: usize = 128;

impl Gateway {
    /// Whether mode one can be used.
    pub fn has_native(&self) -> bool {
        self.v2.is_some()
    }

    fn native_api(&self) -> Result<(&V2, SignType), BadGateway> {
        let client = self.v2.as_ref();
        let client =
            client.ok_or_else(|| unusable("mode one needs API v2, and wechat_api_key is not set"))?;
        Ok((client, self.native_sign))
    }

    /// The content of a product's code. It does not expire.
    pub fn product_link(&self, product_id: &str, now: UtcMs) -> Result<String, BadGateway> {
        let (client, sign_type) = self.native_api()?;
        v2::native_link(product_id, client.merchant(), sign_type, now.0).map_err(unusable)
    }

    /// A short link for a link: its code has fewer modules and can be scanned from farther away.
    pub async fn short_link(&self, link: &str) -> Result<String, BadGateway> {
        let (client, sign_type) = self.native_api()?;
        client.short_url(link, sign_type).await.map_err(unusable)
    }

    /// Verifies a callback. It contains no time, so a replay is accepted too.
    pub fn read_scan(&self, body: &[u8]) -> Result<NativeScan, RejectedNotice> {
        let (client, sign_type) = self.native_api().map_err(|_| notice::OTHER_PROTOCOL)?;
        let told = v2::read_native_callback(body, client.merchant(), sign_type);
        let told = told.map_err(|error| RejectedNotice { label: error.label() })?;
        let openid = Openid::parse(&told.openid).ok_or(RejectedNotice { label: "malformed_field" })?;
        Ok(NativeScan { openid, product_id: told.product_id, key: told.key })
    }

    /// The signed answer to a scan with its order.
    pub fn scan_order(&self, scan: &NativeScan, prepay_id: &str) -> Result<String, BadGateway> {
        let prepaid = V2PrepayResponse { prepay_id: prepay_id.to_owned(), code_url: String::new() };
        self.scan_answer(scan, &NativeReply::Order(&prepaid))
    }

    /// The signed answer that refuses a scan; the payer sees the reason.
    pub fn scan_refusal(&self, scan: &NativeScan, why: &str) -> Result<String, BadGateway> {
        self.scan_answer(scan, &NativeReply::Refused(&wechat_text::truncate_to_bytes(why, WORDS_BYTES_MAX)))
    }

    /// Signed with the key that WeChat used.
    fn scan_answer(&self, scan: &NativeScan, reply: &NativeReply<'_>) -> Result<String, BadGateway> {
        let (client, sign_type) = self.native_api()?;
        let merchant = V2Merchant { api_key: scan.key.clone(), ..client.merchant().clone() };
        v2::native_reply(reply, &merchant, sign_type).map_err(unusable)
    }
}
