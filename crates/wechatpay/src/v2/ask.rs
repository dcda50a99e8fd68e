//! Reading our own stored requests back before they are sent.

use super::fields::present;
use super::{Merchant, Request, SignType, Unsent, verify, xml};

/// The order number of a request that is this merchant's and signed as agreed. Sending any other
/// could only fail, and its answer could not be told from one about another order.
pub(crate) fn our_order_number(
    request: &Request,
    merchant: &Merchant,
    sign_type: SignType,
) -> Result<String, Unsent> {
    let fields = xml::read(request.as_str().as_bytes()).map_err(|_| Unsent::NotOurRequest)?;
    verify(&fields, &merchant.api_key, sign_type).map_err(|_| Unsent::NotOurRequest)?;
    let ours = present(&fields, "appid") == Some(merchant.appid.as_str())
        && present(&fields, "mch_id") == Some(merchant.mch_id.as_str());
    let number = present(&fields, "out_trade_no").filter(|_| ours);
    number.map(str::to_owned).ok_or(Unsent::NotOurRequest)
}
