use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::json::{Refusal, read};
use super::pay::{legal_openid, refusal};
use super::trades;
use crate::actions;
use crate::scan::{self, LinkRefusal, Outcome};
use crate::state::World;
use crate::trade::payment::{DEFAULT_OPENID, Payer};
use crate::trade::store::Which;
use crate::validation;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    link: String,
    openid: Option<String>,
    /// Pays what the merchant asks for, too.
    #[serde(default)]
    pay: bool,
}

/// What a scan led to.
#[derive(Serialize)]
pub struct Scanned {
    outcome: &'static str,
    message: Option<String>,
    product_id: String,
    trade: Option<trades::Shown>,
    callback_url: String,
    body: String,
    status: Option<u16>,
    answer: String,
}

/// The merchant's 支付回调URL.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Callback {
    url: Option<String>,
}

pub async fn callback(State(world): State<World>) -> Json<Callback> {
    Json(Callback { url: world.links().callback_url() })
}

pub async fn set_callback(State(world): State<World>, body: Bytes) -> Result<Json<Callback>, Refusal> {
    let callback: Callback = read(&body)?;
    if callback.url.as_deref().is_some_and(|url| validation::notify_url(url).is_none()) {
        return Err(Refusal::bad_request("`url` is an http address without parameters"));
    }
    world.links().set_callback_url(callback.url.clone());
    Ok(Json(callback))
}

/// Scans a mode-one link like the phone does.
pub async fn scan(State(world): State<World>, body: Bytes) -> Result<Json<Scanned>, Refusal> {
    let wish: Wish = read(&body)?;
    let openid = legal_openid(wish.openid.clone().unwrap_or_else(|| DEFAULT_OPENID.to_owned()))?;
    let scanned = scan::scan(&world, &wish.link, &openid).await.map_err(strange)?;
    let (outcome, message, trade) = match scanned.outcome {
        Outcome::Order(trade) if wish.pay => {
            let payer = Payer { openid, amount: None, coupon: 0 };
            let paid = actions::pay(&world, Which::Code(&trade.code.url), &payer).map_err(refusal)?;
            ("paid", None, Some(paid))
        }
        Outcome::Order(trade) => ("order", None, Some(*trade)),
        Outcome::Refused(words) => ("refused", Some(words), None),
        Outcome::Wrong(why) => ("wrong_answer", Some(why.to_owned()), None),
        Outcome::Silent => ("no_answer", None, None),
    };
    let now_ms = world.clock().now();
    Ok(Json(Scanned {
        outcome,
        message,
        product_id: scanned.product_id,
        trade: trade.map(|trade| trades::shown(&trade, now_ms)),
        callback_url: scanned.url,
        body: scanned.body,
        status: scanned.status,
        answer: scanned.answer,
    }))
}

fn strange(why: LinkRefusal) -> Refusal {
    let word = match why {
        LinkRefusal::Strange => "not_mode_one",
        LinkRefusal::Malformed => "bad_link",
        LinkRefusal::Nobody => "no_merchant",
        LinkRefusal::BadSignature => "bad_signature",
    };
    Refusal::new(StatusCode::BAD_REQUEST, word, why.to_string())
}
