//! Payment notices, which WeChat posts to `notify_url` (pay.weixin.qq.com, chapter `9_7`).

use super::err_code::printable_code;
use super::fields::{non_empty, required};
use super::{Fields, SignType, V2Merchant, V2NoticeError, V2Payment, verify, xml};
use crate::field_rules::check_order_number;

/// The reply that ends the retries. Send it within 5 s, after the payment was stored durably.
pub const ACK: &str = "<xml><return_code><![CDATA[SUCCESS]]></return_code>\
    <return_msg><![CDATA[OK]]></return_msg></xml>";

/// The reply that makes WeChat repeat the notice later. WeChat reads at most 128 characters of `msg`.
pub fn refusal_body(msg: &str) -> String {
    let fields = [("return_code".into(), "FAIL".into()), ("return_msg".into(), msg.into())];
    xml::write(&Fields::from(fields))
}

/// A verified notice from WeChat for this merchant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum V2Notice {
    /// A payment was made. Compare amount and currency with the order.
    Paid(V2Payment),
    /// A signed failure notice (`result_code` FAIL). It does not prove that the order stays unpaid.
    NotPaid {
        /// The order number, if the notice has a valid one.
        out_trade_no: Option<String>,
        /// The `err_code`, at most 32 printable ASCII characters; may be empty.
        code: String,
    },
}

/// A notice that was parsed, but not verified yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnverifiedNotice(Fields);

impl UnverifiedNotice {
    /// Parses a notice without verifying it.
    ///
    /// # Errors
    /// [`V2NoticeError`] if it is not flat XML. Then answer with [`refusal_body`].
    pub fn read(body: &[u8]) -> Result<UnverifiedNotice, V2NoticeError> {
        Ok(UnverifiedNotice(xml::read(body)?))
    }

    /// The order number that the notice claims. Use it only to look up the sign type of that order,
    /// which [`UnverifiedNotice::verify`] needs.
    pub fn claimed_out_trade_no(&self) -> Option<String> {
        order_number_in(&self.0)
    }

    /// Verifies the notice. `sign_type` is the sign type of the order.
    ///
    /// # Errors
    /// [`V2NoticeError`]. Then answer with [`refusal_body`].
    pub fn verify(&self, merchant: &V2Merchant, sign_type: SignType) -> Result<V2Notice, V2NoticeError> {
        let fields = &self.0;
        if required(fields, "return_code")? != "SUCCESS" {
            return Err(V2NoticeError::ReturnFail);
        }
        verify(fields, &merchant.api_key, sign_type)?;
        check_recipient(fields, merchant)?;
        match required(fields, "result_code")? {
            "SUCCESS" => Ok(V2Notice::Paid(V2Payment::from_fields(fields)?)),
            "FAIL" => Ok(not_paid(fields)),
            _ => Err(V2NoticeError::Malformed { field: "result_code" }),
        }
    }
}

/// Parses and verifies a notice. `sign_type` is the sign type of the order.
///
/// # Errors
/// [`V2NoticeError`]. Then answer with [`refusal_body`].
///
/// # Examples
/// ```
/// use wechatpay::v2::{ApiKey, Fields, SignType, V2Merchant, V2Notice, read_notice, sign, xml};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let merchant = V2Merchant {
///     appid: "wx8888888888888888".into(),
///     mch_id: "1900000109".into(),
///     api_key: ApiKey::new("0123456789abcdef0123456789abcdef")?,
/// };
/// // A notice like WeChat's, signed with the merchant's key.
/// let pairs = [
///     ("appid", "wx8888888888888888"),
///     ("mch_id", "1900000109"),
///     ("return_code", "SUCCESS"),
///     ("result_code", "SUCCESS"),
///     ("out_trade_no", "NO_1234567890"),
///     ("transaction_id", "4200001234202601010000000001"),
///     ("trade_type", "NATIVE"),
///     ("total_fee", "101"),
///     ("openid", "oUpF8uMEb4qRXf22hE3X68TekukE"),
///     ("time_end", "20260101100000"),
/// ];
/// let mut fields: Fields = pairs.map(|(name, value)| (name.into(), value.into())).into();
/// fields.insert("sign".into(), sign(&fields, &merchant.api_key, SignType::Md5));
/// let body = xml::write(&fields);
///
/// match read_notice(body.as_bytes(), &merchant, SignType::Md5)? {
///     V2Notice::Paid(payment) => assert_eq!(payment.total_fee, 101),
///     V2Notice::NotPaid { .. } => unreachable!("the result code is SUCCESS"),
/// }
/// // With another key the notice is refused.
/// let other = ApiKey::new("fedcba9876543210fedcba9876543210")?;
/// let other_merchant = V2Merchant { api_key: other, ..merchant };
/// assert!(read_notice(body.as_bytes(), &other_merchant, SignType::Md5).is_err());
/// # Ok(())
/// # }
/// ```
pub fn read_notice(
    body: &[u8],
    merchant: &V2Merchant,
    sign_type: SignType,
) -> Result<V2Notice, V2NoticeError> {
    UnverifiedNotice::read(body)?.verify(merchant, sign_type)
}

/// The order number that a notice claims, not verified; see [`UnverifiedNotice::claimed_out_trade_no`].
pub fn claimed_out_trade_no(body: &[u8]) -> Option<String> {
    UnverifiedNotice::read(body).ok()?.claimed_out_trade_no()
}

pub(crate) fn check_recipient(fields: &Fields, merchant: &V2Merchant) -> Result<(), V2NoticeError> {
    if required(fields, "appid")? != merchant.appid {
        return Err(V2NoticeError::ForeignAppid);
    }
    if required(fields, "mch_id")? != merchant.mch_id {
        return Err(V2NoticeError::ForeignMerchant);
    }
    Ok(())
}

fn not_paid(fields: &Fields) -> V2Notice {
    let code = printable_code(non_empty(fields, "err_code").unwrap_or_default());
    V2Notice::NotPaid { out_trade_no: order_number_in(fields), code }
}

fn order_number_in(fields: &Fields) -> Option<String> {
    let number = non_empty(fields, "out_trade_no")?;
    check_order_number(number).is_ok().then(|| number.to_owned())
}
