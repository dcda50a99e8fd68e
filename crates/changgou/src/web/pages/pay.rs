//! `/pay/{order}`: the QR code to scan, and the result of the payment.

use askama::Template;
use axum::extract::State;
use axum::http::{Method, StatusCode};
use serde::Deserialize;

use super::super::WebState;
use super::super::extractors::Caller;
use super::super::input::{Params, PathOrder};
use super::super::response::{ApiProblem, status};
use super::super::url::percent_encoded;
use super::flash::Flash;
use super::page_context::{BuyerContext, PageContext};
use super::render::{PageResult, see_other, show_as};
use super::{labels, simulated_phone};
use crate::domain::id::OrderId;
use crate::domain::refusal::Reason;
use crate::domain::status::{OrderState, PayType};
use crate::flow::pay::PaymentOffer;
use crate::flow::{self, Error};
use crate::store::order::Order;

#[derive(Deserialize)]
pub(in super::super) struct PayQuery {
    done: Option<String>,
}

#[derive(Template)]
#[template(path = "pay.html")]
struct Pay<'a> {
    frame: &'a PageContext,
    notice: Option<Flash>,
    order: Order,
    flagged: bool,
    view: View,
    /// Names of the coupons granted for this payment.
    granted: Vec<String>,
    now_ms: i64,
}

enum View {
    Code(QrCode),
    /// WeChat Pay gives no QR code; the text says why.
    Unavailable(String),
    /// The payment deadline has passed; the order will close.
    Overdue,
    Paid,
    Closed,
}

struct QrCode {
    /// URL of the image.
    picture: String,
    /// URL at which the simulated WeChat scans it; only in demo mode.
    phone: Option<String>,
}

pub(in super::super) async fn show(
    State(web): State<WebState>,
    BuyerContext { username, frame }: BuyerContext,
    Caller(address): Caller,
    PathOrder(id): PathOrder,
    method: Method,
    Params(asked): Params<PayQuery>,
) -> PageResult {
    let mut order = flow::fulfil::find_order(&web.app, &username, &id).await?;
    if is_on_delivery(&order) {
        return Ok(see_other(&format!("/orders/{id}")));
    }
    let (mut status, mut view) = (StatusCode::OK, view_without_code(&web, &order));
    // HEAD asks WeChat for nothing.
    if view.is_none() && method == Method::GET {
        let prepared = flow::pay::prepare_payment(&web.app, &username, &id, &address.to_string()).await;
        (status, view) = prepared_view(&web, &frame, prepared)?;
        order = flow::fulfil::find_order(&web.app, &username, &id).await?;
    }
    // Where the code was refused because of what happened meanwhile, that is what is shown.
    let view = view.or_else(|| view_without_code(&web, &order)).unwrap_or(View::Overdue);
    let page = Pay {
        granted: granted(&web, &view, &id).await?,
        notice: Flash::done(asked.done.as_deref(), frame.lang),
        frame: &frame,
        flagged: flow::settle::has_open_flag(&web.app, &id).await?,
        view,
        order,
        now_ms: web.app.now().0,
    };
    show_as(status, &frame, &page)
}

async fn granted(web: &WebState, view: &View, id: &OrderId) -> flow::Outcome<Vec<String>> {
    match view {
        View::Code(_) | View::Unavailable(_) | View::Overdue | View::Closed => Ok(Vec::new()),
        View::Paid => flow::coupon::list_names_granted_for(&web.app, id).await,
    }
}

fn is_on_delivery(order: &Order) -> bool {
    order.pay_type == PayType::OnDelivery
}

/// The view of an order that needs no QR code, or gets none any more.
fn view_without_code(web: &WebState, order: &Order) -> Option<View> {
    match order.state {
        OrderState::AwaitingPayment => {
            let over = order.pay_by.is_some_and(|until| until <= web.app.now());
            over.then_some(View::Overdue)
        }
        OrderState::Closed => Some(View::Closed),
        OrderState::AwaitingShipment
        | OrderState::Shipped
        | OrderState::Completed
        | OrderState::Returned
        | OrderState::Refunded => Some(View::Paid),
    }
}

type Prepared = Result<PaymentOffer, Error>;

fn prepared_view(
    web: &WebState,
    frame: &PageContext,
    prepared: Prepared,
) -> Result<(StatusCode, Option<View>), ApiProblem> {
    let refusal = match prepared {
        Ok(ticket) => return Ok((StatusCode::OK, Some(View::Code(code(web, &ticket))))),
        Err(error) => error.refusal()?,
    };
    if [Reason::PaymentUnavailable, Reason::Busy].contains(&refusal.reason) {
        let text = refusal.text(frame.lang).into_owned();
        return Ok((status(refusal.reason), Some(View::Unavailable(text))));
    }
    if [Reason::AlreadyPaid, Reason::OrderClosed].contains(&refusal.reason) {
        return Ok((StatusCode::OK, None));
    }
    Err(refusal.into())
}

fn code(web: &WebState, ticket: &PaymentOffer) -> QrCode {
    let value = percent_encoded(&ticket.code.url);
    let phone = simulated_phone::scan_url(&web.app.settings, &ticket.code.url);
    QrCode { picture: format!("/api/qr?value={value}&size=250&level=H"), phone }
}

/// 我已支付: asks WeChat Pay now.
pub(in super::super) async fn check_now(
    State(web): State<WebState>,
    BuyerContext { username, .. }: BuyerContext,
    PathOrder(id): PathOrder,
) -> PageResult {
    let standing = flow::attempt::query_payment_status(&web.app, &username, &id).await?;
    let still_open = standing.order.state == OrderState::AwaitingPayment;
    let word = if still_open { "?done=unpaid" } else { "" };
    Ok(see_other(&format!("/pay/{id}{word}")))
}

impl Pay<'_> {
    /// Whether the state may still change.
    fn is_live(&self) -> bool {
        match self.view {
            View::Code(_) | View::Unavailable(_) | View::Overdue => true,
            View::Paid | View::Closed => false,
        }
    }

    fn pay_by(&self) -> String {
        self.order.pay_by.map(|until| until.beijing()).unwrap_or_default()
    }

    fn pay_by_ms(&self) -> i64 {
        self.order.pay_by.map_or(self.now_ms, |until| until.0)
    }

    fn close_reason(&self) -> &'static str {
        labels::close_reason(self.order.close_reason.as_deref(), self.frame.lang)
    }
}
