//! Getting an order paid: an attempt is written down before WeChat is asked,
//! so that no answer, however early or late, finds nothing to belong to.

use std::time::Duration;

use crate::flow::{App, Error, Outcome, close, pay_log, settle};
use crate::ground::db::{DbError, Tx};
use crate::ground::gateway::{Ask, Code, Prepay, Trade, protocol_of};
use crate::ground::settings::Protocol;
use crate::nouns::order::{self, Order};
use crate::nouns::payment::attempt::{self, Attempt, State};
use crate::nouns::{due, payment::flag};
use crate::values::clock::UtcMs;
use crate::values::id::{OrderId, SkuId};
use crate::values::money::Fen;
use crate::values::refusal::{Reason, Refusal};
use crate::values::status::{OrderState, PayType};

/// WeChat's codes are good for two hours; a few minutes early they are renewed.
const CODE_LIFE: Duration = Duration::from_secs(2 * 3600 - 300);

/// How long one caller may be asking WeChat, at both its addresses, before another takes over.
const ASKING: Duration = Duration::from_secs(25);

/// The least time WeChat is given between opening and expiry of an attempt.
const LIFE_MIN: Duration = Duration::from_secs(6 * 60);

/// When WeChat is asked whether an attempt was paid, counted from the last time.
const ASK_AFTER_S: [u64; 7] = [5, 30, 60, 180, 300, 600, 1800];

/// How often two callers may find a spent attempt before they are told to come back.
const ROUNDS: usize = 3;

/// By what a buyer comes to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// A code of the order, whichever API makes it.
    Code,
    /// A scan of this SKU's own code, which is answered with a `prepay_id`: API v2 alone tells one.
    Scan(SkuId),
}

impl By {
    /// Whether the buyer can pay by this attempt.
    fn can_use(self, attempt: &Attempt) -> bool {
        match self {
            By::Code => true,
            By::Scan(_) => protocol_of(&attempt.sign_type) == Protocol::V2,
        }
    }

    /// The signature of a fresh attempt.
    fn pin(self, app: &App) -> &str {
        match self {
            By::Code => app.gateway.pin(),
            By::Scan(_) => &app.settings.wechat_sign_type,
        }
    }
}

/// How a buyer pays an order now.
#[derive(Clone, Debug)]
pub struct Ticket {
    /// The text of the QR code, and what goes with it.
    pub code: Code,
    /// The attempt's own number.
    pub out_trade_no: String,
    /// What is asked for, in fen.
    pub total_fee: Fen,
    /// Until when the order may be paid.
    pub pay_by: Option<UtcMs>,
}

/// What came of one try to show a code.
enum Step {
    Ready(Ticket),
    /// The attempt was spent; a fresh one may do.
    Retry,
}

/// The code by which a buyer pays this order; the same for everyone who asks
/// while it is good.
pub async fn prepare(app: &App, username: &str, id: &OrderId, client_ip: &str) -> Outcome<Ticket> {
    prepare_by(app, username, id, client_ip, By::Code).await
}

/// The same for a buyer who comes to pay by this.
pub async fn prepare_by(app: &App, username: &str, id: &OrderId, client_ip: &str, by: By) -> Outcome<Ticket> {
    for _ in 0..ROUNDS {
        let (order, attempt) = live_attempt(app, username, id, client_ip, by).await?;
        if !by.can_use(&attempt) {
            retire(app, &attempt).await?;
            continue;
        }
        match code_for(app, &order, attempt).await? {
            Step::Ready(ticket) => return Ok(ticket),
            Step::Retry => {}
        }
    }
    Err(unavailable().into())
}

/// The order and the attempt by which it may be paid, opened if there is none.
async fn live_attempt(
    app: &App,
    username: &str,
    id: &OrderId,
    ip: &str,
    by: By,
) -> Outcome<(Order, Attempt)> {
    let (name, id_) = (username.to_owned(), id.clone());
    let found = app.db.read(async move |tx| payable(tx, &name, &id_).await).await?;
    if let (order, Some(attempt)) = found {
        return Ok((order, attempt));
    }
    let (order, _) = found;
    let fresh = new_attempt(app, &order, ip, by)?;
    let (name, protocol, now) = (username.to_owned(), protocol_of(&fresh.sign_type), app.now());
    let at = now.plus(Duration::from_secs(ASK_AFTER_S[0]));
    let opened = app
        .db
        .write(async move |tx| {
            order::lock(tx, &fresh.order_id).await?;
            let (order, live) = payable(tx, &name, &fresh.order_id).await?;
            if let Some(attempt) = live {
                return Ok((order, attempt));
            }
            attempt::open(tx, &fresh, protocol.word()).await?;
            due::put(tx, due::Owed { kind: due::Kind::Ask, reference: &fresh.out_trade_no, at }, None)
                .await?;
            Ok::<_, Error>((order, fresh.clone()))
        })
        .await?;
    app.pins.remember(&opened.1.out_trade_no, &opened.1.sign_type);
    pay_log::note(app, &opened.1.out_trade_no, at).await;
    Ok(opened)
}

/// The buyer's order if it can be paid online now, and its live attempt.
async fn payable(tx: &mut Tx<'_>, username: &str, id: &OrderId) -> Outcome<(Order, Option<Attempt>)> {
    let order = order::of(tx, username, id).await?.ok_or_else(|| Refusal::not_found("订单", "order"))?;
    match order.state {
        OrderState::AwaitingPayment => {}
        OrderState::Closed => {
            let refusal = Refusal::new(
                Reason::OrderClosed,
                "订单已关闭，请重新下单",
                "The order is closed; please order again.",
            );
            return Err(refusal.into());
        }
        OrderState::AwaitingShipment | OrderState::Shipped if order.pay_type == PayType::OnDelivery => {
            let refusal = Refusal::new(
                Reason::WrongState,
                "该订单为货到付款，无需在线支付",
                "This order is paid on delivery.",
            );
            return Err(refusal.into());
        }
        OrderState::AwaitingShipment
        | OrderState::Shipped
        | OrderState::Completed
        | OrderState::Returned
        | OrderState::Refunded => {
            return Err(already_paid().into());
        }
    }
    let live = attempt::live(tx, id).await?;
    Ok((order, live))
}

fn new_attempt(app: &App, order: &Order, client_ip: &str, by: By) -> Outcome<Attempt> {
    let (now, number) = (app.now(), app.id().to_string());
    let until = order.pay_by.unwrap_or(now).max(now.plus(LIFE_MIN));
    let sign_type = by.pin(app).to_owned();
    let product_id = match by {
        By::Code => order.id.to_string(),
        By::Scan(sku_id) => sku_id.to_string(),
    };
    let ask = Ask {
        body: &format!("畅购订单 {}", order.id),
        out_trade_no: &number,
        total_fee: order.quote.pay_money,
        client_ip,
        notify_url: notice_url(app, &sign_type),
        product_id: &product_id,
        from: now,
        until,
        sign_type: &sign_type,
    };
    let request = app.gateway.request(&ask).map_err(|error| DbError::Engine(error.to_string()))?;
    Ok(Attempt {
        out_trade_no: number,
        order_id: order.id.clone(),
        total_fee: order.quote.pay_money,
        state: State::Opened,
        request,
        code_url: None,
        prepay_id: None,
        code_made: None,
        asked: 0,
        transaction_id: None,
        created: now,
        sign_type,
    })
}

/// Where WeChat tells of payments with this signature.
fn notice_url<'a>(app: &'a App, sign_type: &str) -> &'a str {
    match protocol_of(sign_type) {
        Protocol::V2 => &app.settings.wechat_notify_url,
        Protocol::V3 => &app.settings.wechat_v3_notify_url,
    }
}

async fn code_for(app: &App, order: &Order, mut attempt: Attempt) -> Outcome<Step> {
    if let Some(code) = fresh_code(&attempt, app.now()) {
        return Ok(Step::Ready(ticket(order, &attempt, code)));
    }
    let (seen, now) = (attempt.clone(), app.now());
    let claimed = app.db.write(async move |tx| attempt::claim_asking(tx, &seen, now, now.plus(ASKING)).await);
    if !claimed.await? {
        return wait_for_code(app, order, &attempt).await;
    }
    attempt.asked += 1;
    ask(app, order, &attempt).await
}

fn fresh_code(attempt: &Attempt, now: UtcMs) -> Option<Code> {
    let is_fresh = attempt.code_made.is_some_and(|made| now.since(made) < CODE_LIFE);
    let url = attempt.code_url.clone().filter(|_| is_fresh)?;
    Some(Code { url, prepay_id: attempt.prepay_id.clone() })
}

fn ticket(order: &Order, attempt: &Attempt, code: Code) -> Ticket {
    let Attempt { out_trade_no, total_fee, .. } = attempt;
    Ticket { code, out_trade_no: out_trade_no.clone(), total_fee: *total_fee, pay_by: order.pay_by }
}

/// Asks WeChat, with the bytes that were written down.
async fn ask(app: &App, order: &Order, attempt: &Attempt) -> Outcome<Step> {
    match app.gateway.prepay(&attempt.request, &attempt.sign_type).await {
        Prepay::Code(code) => keep_code(app, order, attempt, code).await,
        Prepay::Paid => {
            release(app, attempt).await?;
            match learn(app, attempt).await? {
                // It may have been other money than was asked for: the order says how to go on.
                Trade::Paid(_) => Ok(Step::Retry),
                Trade::Open | Trade::Closed | Trade::Missing | Trade::Unknown(_) => {
                    Err(already_paid().into())
                }
            }
        }
        Prepay::Spent(why) => {
            tracing::warn!(out_trade_no = attempt.out_trade_no, why, "an attempt is spent");
            release(app, attempt).await?;
            retire(app, attempt).await?;
            Ok(Step::Retry)
        }
        Prepay::Refused(why) | Prepay::Unknown(why) => {
            tracing::warn!(out_trade_no = attempt.out_trade_no, why, "WeChat gave no code");
            release(app, attempt).await?;
            Err(unavailable().into())
        }
    }
}

/// The next caller may ask WeChat at once.
async fn release(app: &App, attempt: &Attempt) -> Outcome<()> {
    let number = attempt.out_trade_no.clone();
    Ok(app.db.write(async move |tx| attempt::release_asking(tx, &number).await).await?)
}

async fn keep_code(app: &App, order: &Order, attempt: &Attempt, code: Code) -> Outcome<Step> {
    let (number, kept, now) = (attempt.out_trade_no.clone(), code.clone(), app.now());
    let noted = app.db.write(async move |tx| attempt::note_code(tx, &number, &kept, now).await).await?;
    Ok(if noted { Step::Ready(ticket(order, attempt, code)) } else { Step::Retry })
}

/// Somebody else is asking WeChat for the same code; their answer is ours too.
async fn wait_for_code(app: &App, order: &Order, attempt: &Attempt) -> Outcome<Step> {
    for _ in 0..60 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let number = attempt.out_trade_no.clone();
        let now_there = app.db.read(async move |tx| attempt::find(tx, &number).await).await?;
        let now_there = now_there.ok_or(Error::Db(DbError::NoRow))?;
        if !now_there.state.is_live() {
            return Ok(Step::Retry);
        }
        if let Some(code) = fresh_code(&now_there, app.now()) {
            return Ok(Step::Ready(ticket(order, &now_there, code)));
        }
    }
    Err(unavailable().into())
}

/// A spent attempt may have been paid before it was spent: WeChat is asked
/// before it is given up.
async fn retire(app: &App, attempt: &Attempt) -> Outcome<()> {
    match close::confirm(app, attempt).await? {
        close::Confirmed::Over => Ok(()),
        close::Confirmed::Unclear => Err(unavailable().into()),
    }
}

fn already_paid() -> Refusal {
    Refusal::new(Reason::AlreadyPaid, "订单已支付", "The order is paid already.")
}

pub(super) fn unavailable() -> Refusal {
    Refusal::new(
        Reason::PaymentUnavailable,
        "暂时无法获取微信支付二维码，请稍后刷新重试；订单已保留",
        "WeChat Pay cannot be reached right now; please reload in a moment. Your order is kept.",
    )
    .retry_after(3)
}

/// What is known about an order's payment.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The order.
    pub order: Order,
    /// Its newest attempt.
    pub attempt: Option<Attempt>,
    /// Whether money for it waits for a person.
    pub flagged: bool,
}

/// Where the payment of a buyer's order stands, by our own books.
pub async fn standing(app: &App, username: &str, id: &OrderId) -> Outcome<Standing> {
    let (username, id) = (username.to_owned(), id.clone());
    app.db
        .read(async move |tx| {
            let order =
                order::of(tx, &username, &id).await?.ok_or_else(|| Refusal::not_found("订单", "order"))?;
            let attempt = attempt::of(tx, &id).await?.pop();
            let flagged = flag::any_for(tx, &id).await?;
            Ok(Standing { order, attempt, flagged })
        })
        .await
}

/// Asks WeChat about an attempt and settles what it proves.
pub async fn learn(app: &App, attempt: &Attempt) -> Outcome<Trade> {
    let trade = app.gateway.query(&attempt.out_trade_no, &attempt.sign_type).await;
    if let Trade::Paid(evidence) = &trade {
        settle::settle(app, evidence.clone(), settle::Source::Query).await?;
    }
    Ok(trade)
}

/// The worker's part: asks about an attempt whose notice may be lost, later
/// and later; gives when to ask again.
pub async fn poll(app: &App, number: &str, tries: i64) -> Outcome<Option<UtcMs>> {
    let number = number.to_owned();
    let found = app.db.read(async move |tx| attempt::find(tx, &number).await).await?;
    let Some(attempt) = found.filter(|attempt| attempt.state.is_live()) else {
        return Ok(None);
    };
    let confirmed = match learn(app, &attempt).await? {
        Trade::Paid(_) => close::settled(app, &attempt.out_trade_no).await?,
        Trade::Closed => close::end(app, &attempt).await?,
        // WeChat does not know what it was asked for twice: it never took it, or forgot it.
        Trade::Missing if attempt.asked > 0 && tries > 0 => close::end(app, &attempt).await?,
        Trade::Open | Trade::Missing | Trade::Unknown(_) => close::Confirmed::Unclear,
    };
    if confirmed == close::Confirmed::Over {
        return Ok(None);
    }
    let step = usize::try_from(tries + 1).unwrap_or(usize::MAX).min(ASK_AFTER_S.len() - 1);
    Ok(Some(app.now().plus(Duration::from_secs(ASK_AFTER_S[step]))))
}

/// Asks WeChat about a buyer's order now: the return page's question.
pub async fn ask_now(app: &App, username: &str, id: &OrderId) -> Outcome<Standing> {
    let before = standing(app, username, id).await?;
    let open = before.order.state == OrderState::AwaitingPayment;
    let Some(attempt) = before.attempt.as_ref().filter(|attempt| open && attempt.state.is_live()) else {
        return Ok(before);
    };
    match learn(app, attempt).await? {
        Trade::Paid(_) => standing(app, username, id).await,
        Trade::Open | Trade::Closed | Trade::Missing | Trade::Unknown(_) => Ok(before),
    }
}
