//! Every route of the API with a valid request, for tests of invalid ones. `{order}`, `{address}`, `{sku}` and
//! `{user}` are replaced by ids.

use std::collections::BTreeSet;

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Anyone,
    Buyer,
    Operator,
}

/// A route: who may call it, its method, its address, its JSON body.
pub struct Route {
    pub who: Who,
    pub method: &'static str,
    pub path: &'static str,
    pub body: &'static str,
}

const fn route(who: Who, method: &'static str, path: &'static str, body: &'static str) -> Route {
    Route { who, method, path, body }
}

const ADDRESS: &str = r#"{"provinceid":"440000","cityid":"440300","areaid":"440305","phone":"13800138000","address":"a","contact":"c"}"#;

pub const ROUTES: &[Route] = &[
    route(Who::Anyone, "POST", "/api/user/add", r#"{"username":"","password":""}"#),
    route(Who::Anyone, "POST", "/api/user/login", r#"{"username":"{user}","password":"x"}"#),
    route(Who::Buyer, "POST", "/api/user/logout", ""),
    route(Who::Anyone, "POST", "/api/user/refresh", r#"{"refreshToken":"{user}"}"#),
    route(Who::Buyer, "GET", "/api/user/me", ""),
    route(Who::Operator, "GET", "/api/user/points/add?username={user}&points=1", ""),
    route(Who::Operator, "POST", "/api/user/points/add?username={user}&points=1", ""),
    route(Who::Buyer, "GET", "/api/address/user/list", ""),
    route(Who::Buyer, "POST", "/api/address", ADDRESS),
    route(Who::Buyer, "GET", "/api/address/{address}", ""),
    route(Who::Buyer, "PUT", "/api/address/{address}", ADDRESS),
    route(Who::Buyer, "DELETE", "/api/address/{address}", ""),
    route(Who::Buyer, "PUT", "/api/address/{address}/default", ""),
    route(Who::Anyone, "GET", "/api/provinces", ""),
    route(Who::Anyone, "GET", "/api/cities?provinceid=44", ""),
    route(Who::Anyone, "GET", "/api/areas?cityid=44", ""),
    route(Who::Anyone, "GET", "/api/sku?page=1", ""),
    route(Who::Operator, "POST", "/api/sku", r#"{"id":"{sku}","name":"n","price":1,"num":1}"#),
    route(Who::Anyone, "GET", "/api/sku/{sku}", ""),
    route(Who::Operator, "PUT", "/api/sku/{sku}", r#"{"price":1}"#),
    route(Who::Operator, "POST", "/api/sku/decr/count?username={user}", ""),
    route(Who::Buyer, "GET", "/api/cart/add?id={sku}&num=1", ""),
    route(Who::Buyer, "POST", "/api/cart/add?id={sku}&num=1", ""),
    route(Who::Buyer, "GET", "/api/cart/list", ""),
    route(Who::Buyer, "DELETE", "/api/cart/{sku}", ""),
    route(Who::Buyer, "PUT", "/api/cart/{sku}/selected?value=true", ""),
    route(Who::Buyer, "POST", "/api/order", r#"{"addressId":"{address}","skuIds":["{sku}"]}"#),
    route(Who::Buyer, "GET", "/api/order/settlement?skuIds={sku}", ""),
    route(Who::Buyer, "GET", "/api/order/user/list", ""),
    route(
        Who::Operator,
        "POST",
        "/api/order/batchSend",
        r#"[{"id":"{order}","shippingName":"n","shippingCode":"c"}]"#,
    ),
    route(Who::Buyer, "GET", "/api/order/{order}", ""),
    route(Who::Buyer, "DELETE", "/api/order/{order}", ""),
    route(Who::Buyer, "PUT", "/api/order/{order}/cancel", ""),
    route(Who::Buyer, "PUT", "/api/order/{order}/receive", ""),
    route(Who::Operator, "GET", "/api/admin/payment/flags", ""),
    route(Who::Operator, "POST", "/api/admin/payment/{number}/refund", ""),
    route(
        Who::Operator,
        "POST",
        "/api/admin/payment/{number}/seen-to",
        r#"{"transactionId":"t","reason":"r"}"#,
    ),
    route(Who::Buyer, "POST", "/api/order/{order}/refund", r#"{"reason":"r"}"#),
    route(Who::Operator, "POST", "/api/admin/order/{order}/refund", r#"{"reason":"r"}"#),
    route(Who::Operator, "POST", "/api/admin/order/{order}/refund/deny", r#"{"reason":"r"}"#),
    route(Who::Operator, "POST", "/api/admin/order/{order}/close", r#"{"reason":"r"}"#),
    route(Who::Operator, "GET", "/api/admin/refund?state=done", ""),
    route(Who::Operator, "GET", "/api/admin/refund/requests", ""),
    route(Who::Operator, "POST", "/api/admin/refund/{number}/again", ""),
    route(Who::Operator, "POST", "/api/admin/refund/{number}/paid-out", r#"{"reason":"r"}"#),
    route(Who::Operator, "GET", "/api/admin/reconcile?date=2026-11-22", ""),
    route(Who::Buyer, "GET", "/api/coupon/user/list?status=usable", ""),
    route(Who::Operator, "GET", "/api/admin/coupon?page=1", ""),
    route(
        Who::Operator,
        "POST",
        "/api/admin/coupon",
        r#"{"name":"n","kind":"amount","amount":100,"validDays":1}"#,
    ),
    route(Who::Operator, "PUT", "/api/admin/coupon/{template}", r#"{"status":"2"}"#),
    route(Who::Operator, "POST", "/api/admin/coupon/{template}/grant", r#"{"username":"{user}"}"#),
    route(Who::Buyer, "GET", "/api/weixin/pay/create/native?outtradeno={order}", ""),
    route(Who::Buyer, "POST", "/api/weixin/pay/create/native?outtradeno={order}", ""),
    route(Who::Buyer, "GET", "/api/weixin/pay/status/query?outtradeno={order}", ""),
    route(Who::Anyone, "GET", "/api/qr?value=1", ""),
    route(Who::Operator, "GET", "/api/admin/sku/{sku}/qr", ""),
    route(Who::Operator, "GET", "/api/admin/scan?page=1", ""),
    route(Who::Operator, "PUT", "/api/admin/user/{user}/openid", r#"{"openid":"o1"}"#),
    route(Who::Operator, "DELETE", "/api/admin/user/{user}/openid", ""),
];

/// Routes without the API's envelope: WeChat's callbacks, probes, documentation and static files.
pub const OTHERS: &[(&str, &str)] = &[
    ("POST", "/api/weixin/pay/notify/url"),
    ("POST", "/api/weixin/pay/refund/notify"),
    ("POST", "/api/weixin/pay/v3/notify"),
    ("POST", "/api/weixin/pay/native/callback"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/api-docs"),
    ("GET", "/api-docs/openapi.json"),
    ("GET", "/static/{*path}"),
];

/// Method and path of every route in the router's source.
pub fn in_the_source() -> BTreeSet<(String, String)> {
    let source = include_str!("../../../src/web/router.rs");
    let mut found = BTreeSet::new();
    for part in source.split(".route(").skip(1) {
        let (_, part) = part.split_once('"').expect("an address");
        let (path, rest) = part.split_once('"').expect("its end");
        let rest = rest.split(".route(").next().unwrap_or_default();
        let rest = rest.split("\n}").next().unwrap_or_default();
        for method in ["get", "post", "put", "delete", "any"] {
            if rest.contains(&format!("{method}(")) {
                found.insert((method.to_uppercase(), without_names(path)));
            }
        }
    }
    found
}

/// The path without the names of its parameters and without its query.
pub fn without_names(path: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    let parts = path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part });
    parts.collect::<Vec<_>>().join("/")
}
