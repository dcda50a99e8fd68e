//! The pages: server-rendered, usable without JavaScript, in two languages.
//! Every write is a POST of a form, answered with a redirect.

mod address;
mod address_form;
mod cart;
mod cart_form;
mod checkout;
mod checkout_choices;
mod checkout_form;
mod countdown;
mod coupon_card;
mod coupons;
mod flash;
mod home;
mod item;
mod labels;
mod login;
mod order;
mod orders;
mod page_context;
mod pager;
mod pay;
mod payment_events;
mod qr_sheet;
mod refund_labels;
mod refunds;
mod refunds_form;
mod register;
mod render;
mod return_to;
mod simulated_phone;
mod stock_label;
mod tabs;

use axum::Router;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use axum::routing::{get, post};

use super::WebState;
use crate::domain::lang::Lang;
pub(super) use render::POLICY;

pub(super) fn routes() -> Router<WebState> {
    Router::new()
        .route("/", get(home::show))
        .route("/item/{id}", get(item::show).post(item::add))
        .route("/cart", get(cart::show).post(cart_form::change))
        .route("/order", get(checkout::show).post(checkout_form::submit))
        .route("/pay/{order}", get(pay::show).post(pay::check_now))
        .route("/pay/{order}/events", get(payment_events::stream))
        .route("/coupons", get(coupons::show))
        .route("/admin/sku/qr", get(qr_sheet::show))
        .merge(orders())
        .merge(refunds())
        .merge(addresses())
        .merge(accounts())
}

fn orders() -> Router<WebState> {
    Router::new()
        .route("/orders", get(orders::show))
        .route("/orders/{id}", get(order::show))
        .route("/orders/{id}/cancel", post(order::cancel))
        .route("/orders/{id}/refund", post(order::refund))
        .route("/orders/{id}/receive", post(order::receive))
        .route("/orders/{id}/delete", post(order::hide))
}

fn refunds() -> Router<WebState> {
    Router::new()
        .route(refunds::PATH, get(refunds::show))
        .route("/admin/refunds/{number}/again", post(refunds_form::retry))
        .route("/admin/refunds/{number}/paid-out", post(refunds_form::paid_out))
        .route("/admin/refunds/wishes/{order}/grant", post(refunds_form::grant))
        .route("/admin/refunds/wishes/{order}/deny", post(refunds_form::deny))
        .route("/admin/refunds/payments/{number}/give", post(refunds_form::refund_flagged))
        .route("/admin/refunds/payments/{number}/seen-to", post(refunds_form::mark_handled))
}

fn addresses() -> Router<WebState> {
    Router::new()
        .route("/addresses", get(address::show))
        .route("/addresses/new", get(address_form::fresh).post(address_form::add))
        .route("/addresses/{id}", get(address_form::edit).post(address_form::change))
        .route("/addresses/{id}/delete", post(address::remove))
        .route("/addresses/{id}/default", post(address::make_default))
}

fn accounts() -> Router<WebState> {
    Router::new()
        .route("/login", get(login::show).post(login::login))
        .route("/oauth/login", get(login::show).post(login::login))
        .route("/register", get(register::show).post(register::register))
        .route("/logout", post(login::logout))
}

/// The page that reports an error; its header shows the login and the cart, if `page` says
/// where they are.
pub(super) async fn problem(
    web: &WebState,
    lang: Lang,
    page: Option<Parts>,
    status: StatusCode,
    text: &str,
) -> Response {
    let frame = page_context::of_problem(web, lang, page).await;
    render::problem(&frame, status, text)
}

/// The page for an internal error. It asks nothing of what may be broken.
pub(super) fn broken(lang: Lang, text: &str) -> Response {
    let frame = page_context::PageContext::without_request(lang);
    render::problem(&frame, StatusCode::INTERNAL_SERVER_ERROR, text)
}
