//! The description of the API in OpenAPI 3.1, made of the handlers and their
//! types; `additions.json` adds what attributes cannot say: examples, links and
//! conditions between fields.

pub(super) mod docs;
pub(super) mod refusals;
pub(super) mod schemas;
mod shape;

use std::sync::LazyLock;

use serde_json::{Value, json};
use utoipa::OpenApi;

use super::api::{
    address, area, cart, coupon, fulfilment, order, pay, reconcile, refund, scan, settlement, sku, user,
};
use super::{health, metrics, notices, qr};

#[derive(OpenApi)]
#[openapi(paths(
    user::login,
    user::add,
    user::refresh,
    user::logout,
    user::me,
    address::list,
    address::add,
    address::one,
    address::change,
    address::remove,
    address::make_default,
    area::provinces,
    area::cities,
    area::areas,
    sku::list,
    sku::one,
    cart::put,
    cart::put_by_get,
    cart::list,
    cart::remove,
    cart::select,
    settlement::show,
    order::add,
    order::list,
    order::one,
    order::hide,
    order::cancel,
    order::receive,
    coupon::list,
    pay::create,
    pay::create_by_get,
    pay::status,
    notices::pay_v2,
    notices::refund_v2,
    notices::scan,
    notices::pay_v3,
    refund::ask,
    refund::give,
    refund::deny,
    refund::list,
    refund::requests,
    refund::again,
    refund::paid_out,
    refund::held,
    refund::seen_to,
    qr::draw,
    sku::add,
    sku::change,
    sku::take_cart,
    user::add_points,
    user::add_points_by_get,
    fulfilment::ship,
    fulfilment::close,
    coupon::templates,
    coupon::make,
    coupon::change,
    coupon::grant,
    fulfilment::flags,
    reconcile::report,
    scan::code,
    scan::list,
    scan::bind,
    scan::unbind,
    health::healthz,
    health::readyz,
    metrics::page,
    docs::page,
    docs::openapi,
))]
struct Handlers;

/// The description as JSON.
pub fn document() -> &'static str {
    static DOCUMENT: LazyLock<String> =
        LazyLock::new(|| serde_json::to_string_pretty(&described()).expect("it is plain data"));
    &DOCUMENT
}

fn described() -> Value {
    let made = serde_json::to_string(&Handlers::openapi()).expect("it is plain data");
    let made = made.replace("PageView_Sku", "SkuPage").replace("PageView_Order", "OrderPage");
    let mut made: Value = serde_json::from_str(&made).expect("it was JSON a moment ago");
    for item in ["Sku", "Order"] {
        // The schema of a generic type repeats that of its parameter.
        let list = &mut made["components"]["schemas"][format!("{item}Page")]["properties"]["list"];
        list["items"] = json!({ "$ref": format!("#/components/schemas/{item}") });
    }
    let file = |text| serde_json::from_str::<Value>(text).expect("the file is JSON");
    let (values, additions) = (file(include_str!("values.json")), file(include_str!("additions.json")));
    let mut document = file(include_str!("head.json"));
    shape::operations(&mut made["paths"], &additions["operations"]);
    document["paths"] = made["paths"].take();
    let mut schemas = made["components"]["schemas"].take();
    shape::schemas(&mut schemas, &values["values"], &additions["schemas"]);
    schemas["Reason"]["enum"] = json!(refusals::words());
    document["components"]["schemas"] = schemas;
    for (name, schema) in refusals::schemas(&values["facts"]) {
        document["components"]["schemas"][name] = schema;
    }
    let paths = document["paths"].to_string();
    for (name, response) in refusals::named_responses() {
        if paths.contains(&format!("#/components/responses/{name}\"")) {
            document["components"]["responses"][name] = response;
        }
    }
    document
}
