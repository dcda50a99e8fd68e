//! Short links, for QR codes of mode one (pay.weixin.qq.com, chapter `9_9`).

use super::fields::token;
use super::request::seal;
use super::{CallError, Client, Fields, SignType};
use crate::field_rules::{Reason, printable, require};

const LONGEST: usize = 512;

impl Client {
    /// A short link (`weixin://wxpay/s/…`) for a [`native_link`](super::native_link). The shorter text
    /// makes a QR code that is easier to scan.
    ///
    /// # Errors
    /// [`CallError`]. Nothing is bought by this call; it may be made again.
    pub async fn short_url(&self, long_url: &str, sign_type: SignType) -> Result<String, CallError> {
        let native = long_url.starts_with("weixin://wxpay/") && long_url.len() <= LONGEST;
        require("long_url", native, Reason::Value)?;
        printable("long_url", long_url)?;
        let asked = Fields::from([("long_url".to_owned(), long_url.to_owned())]);
        let question = seal(asked, self.merchant(), sign_type)?;
        let fields = self.ask(self.way(), "/tools/shorturl", &question, &[], sign_type).await?;
        Ok(token(&fields, "short_url", 64)?)
    }
}
