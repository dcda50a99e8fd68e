//! Short links for the QR codes of mode one (pay.weixin.qq.com, chapter `9_9`).

use super::fields::token;
use super::request::sign_request;
use super::{Fields, SignType, V2CallError, V2Client};
use crate::field_rules::{InvalidFieldReason, check_printable, require};

const LONGEST: usize = 512;

impl V2Client {
    /// Creates a short link (`weixin://wxpay/s/…`) for a [`native_link`](super::native_link). A shorter
    /// text makes a QR code that is easier to scan.
    ///
    /// # Errors
    /// [`V2CallError`]. It is safe to repeat this call.
    pub async fn short_url(&self, long_url: &str, sign_type: SignType) -> Result<String, V2CallError> {
        let native = long_url.starts_with("weixin://wxpay/") && long_url.len() <= LONGEST;
        require("long_url", native, InvalidFieldReason::Value)?;
        check_printable("long_url", long_url)?;
        let asked = Fields::from([("long_url".to_owned(), long_url.to_owned())]);
        let request = sign_request(asked, self.merchant(), sign_type)?;
        let fields = self.call(self.endpoint(), "/tools/shorturl", &request, &[], sign_type).await?;
        Ok(token(&fields, "short_url", 64)?)
    }
}
