//! Every route, in one list.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{ALLOW, CONNECTION, HOST};
use axum::http::{HeaderValue, StatusCode, Version};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};

use super::api::{
    address, area, cart, coupon, fulfilment, order, pay, reconcile, refund, scan, settlement, sku, user,
};
use super::localize::LocalizeContext;
use super::metrics::RequestMeasure;
use super::openapi::docs;
use super::response::ApiProblem;
use super::timed_body::BodyClock;
use super::{WebState, answer_headers, drain_body, health, metrics, notices, pages, qr, static_files};
use crate::domain::limits::{BODY_BYTES_MAX, PARCELS_BYTES_MAX};
use crate::domain::message::{NotFound, RequestMessage};
use crate::domain::refusal::Refusal;
use crate::infra::settings::NodeRole;

/// All routes of the shop; a node that only runs the worker has those of `service` alone.
pub fn router(web: WebState) -> Router {
    let routes = match web.app.settings.role {
        NodeRole::Web | NodeRole::All => shop(),
        NodeRole::Worker => service(),
    };
    routes
        .fallback(async || ApiProblem::from(Refusal::new(NotFound::Page)))
        .method_not_allowed_fallback(async || ApiProblem::from(wrong_method()))
        .layer(from_fn_with_state(web.clone(), around_handler))
        .with_state(web)
}

fn shop() -> Router<WebState> {
    Router::new()
        .merge(account())
        .merge(catalogue_and_cart())
        .merge(orders())
        .merge(payment())
        .merge(refunds())
        .merge(pages::routes())
        .merge(service())
}

/// Runs around every handler. It is one layer, because each further layer would
/// clone itself and the request once more.
async fn around_handler(State(web): State<WebState>, mut request: Request, next: Next) -> Response {
    DefaultBodyLimit::max(BODY_BYTES_MAX).apply(&mut request);
    let (context, measure) = (LocalizeContext::of(&request), RequestMeasure::begin(&request));
    web.proxy_watch.look(&request, &web.app.settings);
    let clock = BodyClock::of(&request);
    let (request, unread) = drain_body::lend(request);
    let response = match has_one_host(&request) {
        Ok(()) => in_time(&clock, context.run(&web, request, next).await),
        Err(refusal) => ApiProblem::from(refusal).into_response(),
    };
    let mut response = context.localize(&web, response).await;
    answer_headers::complete(response.headers_mut(), &web.app.settings);
    measure.end(response.status());
    drain_body::drain(unread).await;
    response
}

/// The handler's answer, or 408 if it was given only a part of the body.
fn in_time(clock: &BodyClock, response: Response) -> Response {
    if !clock.was_late() {
        return response;
    }
    let mut late = ApiProblem::from(Refusal::new(RequestMessage::BodyLate)).into_response();
    *late.status_mut() = StatusCode::REQUEST_TIMEOUT;
    late.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    late
}

/// Requires one `Host` header; only HTTP/1.0 may leave it out.
fn has_one_host(request: &Request) -> Result<(), Refusal> {
    let hosts = request.headers().get_all(HOST).iter().count();
    if hosts == 1 || (hosts == 0 && request.version() == Version::HTTP_10) {
        return Ok(());
    }
    Err(Refusal::new(RequestMessage::HostInvalid))
}

/// HEAD on a route whose GET changes something; elsewhere HEAD is a GET without its body.
async fn head_refused() -> Response {
    ([(ALLOW, "GET,POST")], ApiProblem::from(wrong_method())).into_response()
}

/// The same where there is no POST: asking WeChat may settle a payment.
async fn head_refused_beside_get() -> Response {
    ([(ALLOW, "GET")], ApiProblem::from(wrong_method())).into_response()
}

fn account() -> Router<WebState> {
    Router::new()
        .route("/api/user/add", post(user::add))
        .route("/api/user/login", post(user::login))
        .route("/api/user/logout", post(user::logout))
        .route("/api/user/refresh", post(user::refresh))
        .route("/api/user/me", get(user::me))
        .route("/api/user/points/add", get(user::add_points_by_get).head(head_refused).post(user::add_points))
        .route("/api/address/user/list", get(address::list))
        .route("/api/address", post(address::add))
        .route("/api/address/{id}", get(address::one).put(address::change).delete(address::remove))
        .route("/api/address/{id}/default", put(address::make_default))
        .route("/api/provinces", get(area::provinces))
        .route("/api/cities", get(area::cities))
        .route("/api/areas", get(area::areas))
}

fn catalogue_and_cart() -> Router<WebState> {
    Router::new()
        .route("/api/sku", get(sku::list).post(sku::add))
        .route("/api/sku/{id}", get(sku::one).put(sku::change))
        .route("/api/sku/decr/count", post(sku::take_cart))
        .route("/api/cart/add", get(cart::put_by_get).head(head_refused).post(cart::put))
        .route("/api/cart/list", get(cart::list))
        .route("/api/cart/{skuId}", delete(cart::remove))
        .route("/api/cart/{skuId}/selected", put(cart::select))
}

fn orders() -> Router<WebState> {
    Router::new()
        .route("/api/order", post(order::add))
        .route("/api/order/settlement", get(settlement::show))
        .route("/api/order/user/list", get(order::list))
        .route("/api/order/batchSend", post(fulfilment::ship).layer(DefaultBodyLimit::max(PARCELS_BYTES_MAX)))
        .route("/api/order/{id}", get(order::one).delete(order::hide))
        .route("/api/order/{id}/cancel", put(order::cancel))
        .route("/api/order/{id}/receive", put(order::receive))
        .route("/api/admin/order/{id}/close", post(fulfilment::close))
        .route("/api/admin/payment/flags", get(fulfilment::flags))
        .route("/api/admin/reconcile", get(reconcile::report))
        .route("/api/coupon/user/list", get(coupon::list))
        .route("/api/admin/coupon", get(coupon::templates).post(coupon::make))
        .route("/api/admin/coupon/{id}", put(coupon::change))
        .route("/api/admin/coupon/{id}/grant", post(coupon::grant))
}

fn payment() -> Router<WebState> {
    Router::new()
        .route("/api/weixin/pay/create/native", get(pay::create_by_get).head(head_refused).post(pay::create))
        .route("/api/weixin/pay/status/query", get(pay::status).head(head_refused_beside_get))
        .route("/api/weixin/pay/notify/url", post(notices::pay_v2))
        .route("/api/weixin/pay/v3/notify", post(notices::pay_v3))
        .route("/api/weixin/pay/native/callback", post(notices::scan))
        .route("/api/qr", get(qr::draw))
        .route("/api/admin/sku/{id}/qr", get(scan::code))
        .route("/api/admin/scan", get(scan::list))
        .route("/api/admin/user/{username}/openid", put(scan::bind).delete(scan::unbind))
}

fn refunds() -> Router<WebState> {
    Router::new()
        .route("/api/order/{id}/refund", post(refund::ask))
        .route("/api/admin/order/{id}/refund", post(refund::give))
        .route("/api/admin/order/{id}/refund/deny", post(refund::deny))
        .route("/api/admin/refund", get(refund::list))
        .route("/api/admin/refund/requests", get(refund::requests))
        .route("/api/admin/refund/{number}/again", post(refund::again))
        .route("/api/admin/refund/{number}/paid-out", post(refund::paid_out))
        .route("/api/admin/payment/{number}/refund", post(refund::held))
        .route("/api/admin/payment/{number}/seen-to", post(refund::seen_to))
        .route("/api/weixin/pay/refund/notify", post(notices::refund_v2))
}

fn service() -> Router<WebState> {
    Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(metrics::page))
        .route("/api-docs", get(docs::page))
        .route("/api-docs/openapi.json", get(docs::openapi))
        .route("/static/{*path}", get(static_files::serve))
}

fn wrong_method() -> Refusal {
    Refusal::new(RequestMessage::MethodNotAllowed)
}
