//! The attempt an order is paid by: the live one, or a new one, which is stored before
//! WeChat is asked.

use std::time::Duration;

use super::{PayMethod, already_paid};
use crate::domain::id::OrderId;
use crate::domain::message::{NotFound, PaymentMessage};
use crate::domain::refusal::Refusal;
use crate::domain::status::{OrderState, PayType};
use crate::flow::attempt::FIRST_POLL_AFTER;
use crate::flow::{App, Outcome, pay_log};
use crate::infra::db::{DbError, Tx};
use crate::infra::gateway::{PrepayRequest, protocol_for};
use crate::infra::settings::Protocol;
use crate::store::due_work::{self, DueKind, NewDueWork};
use crate::store::order::{self, Order};
use crate::store::payment::attempt::{self, Attempt, AttemptState};

/// The shortest time from the opening of an attempt to its expiry.
const LIFETIME_MIN: Duration = Duration::from_secs(6 * 60);

/// The order and its live attempt, which is opened if there is none.
pub(super) async fn find_or_open_attempt(
    app: &App,
    username: &str,
    id: &OrderId,
    ip: &str,
    by: PayMethod,
) -> Outcome<(Order, Attempt)> {
    let (name, id_) = (username.to_owned(), id.clone());
    let found = app.db.read(async move |tx| find_payable(tx, &name, &id_).await).await?;
    if let (order, Some(attempt)) = found {
        return Ok((order, attempt));
    }
    let (order, _) = found;
    let opened = insert_attempt(app, username, new_attempt(app, &order, ip, by)?).await?;
    app.pins.store(&opened.1.out_trade_no, &opened.1.sign_type);
    pay_log::add(app, &opened.1.out_trade_no, app.now().plus(FIRST_POLL_AFTER)).await;
    Ok(opened)
}

/// Stores a new attempt, unless another caller has opened one in the meantime.
async fn insert_attempt(app: &App, username: &str, new: Attempt) -> Outcome<(Order, Attempt)> {
    let name = username.to_owned();
    app.write(async move |work| {
        order::lock(work.tx, &new.order_id).await?;
        let (order, live) = find_payable(work.tx, &name, &new.order_id).await?;
        if let Some(attempt) = live {
            return Ok((order, attempt));
        }
        attempt::insert(work.tx, &new, protocol_for(&new.sign_type).word()).await?;
        let (reference, at) = (new.out_trade_no.as_str(), work.now.plus(FIRST_POLL_AFTER));
        due_work::schedule(work.tx, NewDueWork { kind: DueKind::QueryPayment, reference, at }, None).await?;
        Ok((order, new.clone()))
    })
    .await
}

/// The buyer's order if it can be paid online now, and its live attempt.
async fn find_payable(tx: &mut Tx<'_>, username: &str, id: &OrderId) -> Outcome<(Order, Option<Attempt>)> {
    let order = order::find_for_user(tx, username, id).await?.ok_or_else(|| Refusal::new(NotFound::Order))?;
    match order.state {
        OrderState::AwaitingPayment => {}
        OrderState::Closed => {
            let refusal = Refusal::new(PaymentMessage::OrderClosed);
            return Err(refusal.into());
        }
        OrderState::AwaitingShipment | OrderState::Shipped if order.pay_type == PayType::OnDelivery => {
            let refusal = Refusal::new(PaymentMessage::PaidOnDelivery);
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
    let live = attempt::find_live(tx, id).await?;
    Ok((order, live))
}

fn new_attempt(app: &App, order: &Order, client_ip: &str, by: PayMethod) -> Outcome<Attempt> {
    let (now, number) = (app.now(), app.id().to_string());
    let until = order.pay_by.unwrap_or(now).max(now.plus(LIFETIME_MIN));
    let sign_type = by.sign_type(app).to_owned();
    let product_id = match by {
        PayMethod::Code => order.id.to_string(),
        PayMethod::Scan(sku_id) => sku_id.to_string(),
    };
    let prepay = PrepayRequest {
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
    let request = app.gateway.prepay_request(&prepay).map_err(|error| DbError::Engine(error.to_string()))?;
    Ok(Attempt {
        out_trade_no: number,
        order_id: order.id.clone(),
        total_fee: order.quote.pay_money,
        state: AttemptState::Opened,
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

/// Where WeChat sends notices of payments with this signature type.
fn notice_url<'a>(app: &'a App, sign_type: &str) -> &'a str {
    match protocol_for(sign_type) {
        Protocol::V2 => &app.settings.wechat_notify_url,
        Protocol::V3 => &app.settings.wechat_v3_notify_url,
    }
}
