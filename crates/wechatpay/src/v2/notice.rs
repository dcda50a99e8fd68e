//! Payment notices: what WeChat posts to `notify_url` (pay.weixin.qq.com, chapter `9_7`).

use super::err_code::shown;
use super::fields::{present, required};
use super::{Fields, Merchant, NoticeError, Payment, SignType, verify, xml};
use crate::field_rules::order_number;

/// The reply that ends the retries. Send it once the payment is durable, within 5 s.
pub const ACK: &str = "<xml><return_code><![CDATA[SUCCESS]]></return_code>\
    <return_msg><![CDATA[OK]]></return_msg></xml>";

/// The reply that makes WeChat post the notice again later. WeChat reads no more than 128 characters
/// of `msg`.
pub fn refusal(msg: &str) -> String {
    let fields = [("return_code".into(), "FAIL".into()), ("return_msg".into(), msg.into())];
    xml::write(&Fields::from(fields))
}

/// A notice that is proven to be WeChat's, and for this merchant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A payment was made. Amount and currency have still to be compared with the order.
    Paid(Payment),
    /// A signed notice of failure (`result_code` FAIL). It is no proof that the order stays unpaid.
    NotPaid {
        /// Our number, when the notice has one that could be ours.
        out_trade_no: Option<String>,
        /// The `err_code`, at most 32 printable ASCII characters; empty when there is none.
        code: String,
    },
}

/// A notice that was read, and not proven yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unproven(Fields);

impl Unproven {
    /// Reads a notice, believing nothing of it.
    ///
    /// # Errors
    /// [`NoticeError`] of what is no flat XML; answer with [`refusal`] then.
    pub fn read(body: &[u8]) -> Result<Unproven, NoticeError> {
        Ok(Unproven(xml::read(body)?))
    }

    /// The order number it claims. It is good for one thing: looking up how that order is signed, so
    /// that [`Unproven::prove`] can prove the notice.
    pub fn out_trade_no_claimed(&self) -> Option<String> {
        our_number(&self.0)
    }

    /// Proves it. `sign_type` is the one the order was made with.
    ///
    /// # Errors
    /// [`NoticeError`]; answer with [`refusal`] then.
    pub fn prove(&self, merchant: &Merchant, sign_type: SignType) -> Result<Notice, NoticeError> {
        let fields = &self.0;
        if required(fields, "return_code")? != "SUCCESS" {
            return Err(NoticeError::ReturnFail);
        }
        verify(fields, &merchant.api_key, sign_type)?;
        for_us(fields, merchant)?;
        match required(fields, "result_code")? {
            "SUCCESS" => Ok(Notice::Paid(Payment::from_fields(fields)?)),
            "FAIL" => Ok(not_paid(fields)),
            _ => Err(NoticeError::Malformed { field: "result_code" }),
        }
    }
}

/// Reads a notice and proves it. `sign_type` is the one the order was made with.
///
/// # Errors
/// [`NoticeError`]; answer with [`refusal`] then.
pub fn read_notice(body: &[u8], merchant: &Merchant, sign_type: SignType) -> Result<Notice, NoticeError> {
    Unproven::read(body)?.prove(merchant, sign_type)
}

/// The order number a notice claims, unproven; see [`Unproven::out_trade_no_claimed`].
pub fn out_trade_no_claimed(body: &[u8]) -> Option<String> {
    Unproven::read(body).ok()?.out_trade_no_claimed()
}

pub(crate) fn for_us(fields: &Fields, merchant: &Merchant) -> Result<(), NoticeError> {
    if required(fields, "appid")? != merchant.appid {
        return Err(NoticeError::ForeignAppid);
    }
    if required(fields, "mch_id")? != merchant.mch_id {
        return Err(NoticeError::ForeignMerchant);
    }
    Ok(())
}

fn not_paid(fields: &Fields) -> Notice {
    let code = shown(present(fields, "err_code").unwrap_or_default());
    Notice::NotPaid { out_trade_no: our_number(fields), code }
}

fn our_number(fields: &Fields) -> Option<String> {
    let number = present(fields, "out_trade_no")?;
    order_number(number).is_ok().then(|| number.to_owned())
}
