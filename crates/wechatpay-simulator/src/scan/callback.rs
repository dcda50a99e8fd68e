//! Asking the merchant for an order.

use super::link::{Link, LinkRefusal};
use crate::notice::{Sheet, Thanks};
use crate::random;
use crate::state::World;
use crate::trade::Trade;
use crate::v2::sign::{self, SignType};
use crate::v2::xml::{self, Fields};

/// What a scan led to.
#[derive(Debug)]
pub struct Scanned {
    pub product_id: String,
    /// Where the merchant was asked.
    pub url: String,
    /// What he was sent.
    pub body: String,
    /// His HTTP status, if he answered.
    pub status: Option<u16>,
    /// His answer, or what went wrong on the way.
    pub answer: String,
    pub outcome: Outcome,
}

/// What the payer sees.
#[derive(Debug)]
pub enum Outcome {
    /// An order to pay.
    Order(Box<Trade>),
    /// The merchant refused, in these words.
    Refused(String),
    /// What he answered is no answer: 商家订单信息有误 and why, for the developer.
    Wrong(&'static str),
    /// He did not answer.
    Silent,
}

/// Scans a link as the phone of `openid` does. Short links are followed.
pub async fn scan(world: &World, text: &str, openid: &str) -> Result<Scanned, LinkRefusal> {
    let link = Link::read(world, &world.links().resolve(text))?;
    let Some(url) = world.links().callback_url() else {
        let (product_id, outcome) = (link.product_id, Outcome::Wrong("no callback URL is set"));
        let (url, body, answer) = (String::new(), String::new(), String::new());
        return Ok(Scanned { product_id, url, body, status: None, answer, outcome });
    };
    let body = xml::write(&question(&link, openid));
    let headers = vec![("content-type", "text/xml; charset=utf-8".to_owned())];
    let sheet = Sheet { headers, body: body.as_str().into(), thanks: Thanks::Xml };
    let (status, answer, outcome) = match world.post().exchange(&url, &sheet).await {
        Ok((status, bytes)) => {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let outcome = judge(world, &link, status, &text);
            (Some(status), text, outcome)
        }
        Err(error) => (None, error.to_string(), Outcome::Silent),
    };
    Ok(Scanned { product_id: link.product_id, url, body, status, answer, outcome })
}

fn question(link: &Link, openid: &str) -> Fields {
    let fields = [
        ("appid", link.merchant.appid.as_str()),
        ("mch_id", &link.merchant.mch_id),
        ("openid", openid),
        ("is_subscribe", "N"),
        ("nonce_str", &random::alphanumeric(32)),
        ("product_id", &link.product_id),
    ];
    let mut fields: Fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    if link.sign_type == SignType::HmacSha256 {
        fields.insert("sign_type".to_owned(), "HMAC-SHA256".to_owned());
    }
    sign::seal(&mut fields, &link.merchant.api_key, link.sign_type);
    fields
}

fn judge(world: &World, link: &Link, status: u16, text: &str) -> Outcome {
    let Ok(fields) = xml::read(text) else {
        return Outcome::Wrong("the answer is not flat XML");
    };
    let get = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    if status >= 300 {
        return Outcome::Wrong("the HTTP status is not 200");
    }
    if get("return_code") != "SUCCESS" {
        return Outcome::Refused(get("return_msg").to_owned());
    }
    let signed = [SignType::Md5, SignType::HmacSha256];
    if !signed.into_iter().any(|kind| sign::verify(&fields, &link.merchant.api_key, kind)) {
        return Outcome::Wrong("the answer's signature is wrong");
    }
    if get("result_code") != "SUCCESS" {
        return Outcome::Refused(get("err_code_des").to_owned());
    }
    let is_ours = get("appid") == link.merchant.appid && get("mch_id") == link.merchant.mch_id;
    let trade = world.book().by_prepay_id(get("prepay_id")).cloned();
    match trade.filter(|trade| is_ours && trade.order.merchant == link.merchant) {
        Some(trade) => Outcome::Order(Box::new(trade)),
        None => Outcome::Wrong("the prepay_id is none of this merchant's"),
    }
}
