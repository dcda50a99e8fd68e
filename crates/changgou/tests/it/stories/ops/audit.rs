//! The audit: for each of its rules a test breaks the data and the audit must name the row.

use std::collections::BTreeSet;

use changgou::flow::audit;
use serde_json::{Value, json};

use crate::support::scan::scans;
use crate::support::servers;
use crate::support::shop::Shop;

/// A rule of the audit, the statements that break it, and the row it must name. `{paid}`, `{closed}`, `{unpaid}` and
/// `{cash}` are orders, `{attempt}` the open attempt of the unpaid one; `{offered}` is an order with a coupon, points
/// and a limit, `{scanned}` an unpaid order of a scan.
type Fault = (&'static str, &'static [&'static str], &'static str);

const FAULTS: &[Fault] = &[
    (
        "scans: each WeChat",
        &["insert into openid_binding values ('oNobody', 'nobody', '{user}', 0)"],
        "oNobody",
    ),
    (
        "scans: an order that awaits",
        &["update scan_order set live_key = null where order_id = '{scanned}'"],
        "{scanned}",
    ),
    (
        "scans: each order made",
        &["update scan_order set username = '{user}' where order_id = '{scanned}'"],
        "{scanned}",
    ),
    (
        "scans: each order made",
        &["update scan_order set order_id = '{closed}' where order_id = '{scanned}'"],
        "{closed}",
    ),
    (
        "carts: each line that was taken",
        &["insert into cart_taken values ('{user}', {sku}, 's', 'NO.0')"],
        "line of {user}",
    ),
    (
        "carts: each line that was taken",
        &[
            "insert into cart_taken values ('{user}', {sku}, 's1', '{paid}'), ('{user}', {sku}, 's2', '{paid}')",
        ],
        "order {paid}",
    ),
    ("stock: num and sale_num", &["update tb_sku set num = num - 1 where id = {sku}"], "{sku}"),
    ("stock: num and sale_num", &["update tb_sku set sale_num = sale_num + 1 where id = {sku}"], "{sku}"),
    ("stock: num and sale_num", &["delete from stock_movement where kind = 'opening'"], "{sku}"),
    (
        "stock: each order line was taken once",
        &["update stock_movement set num = num - 1 where kind = 'place' and ref = '{paid}'"],
        "{paid}-01",
    ),
    (
        "stock: each order line was taken once",
        &["delete from stock_movement where kind = 'close' and ref = '{closed}'"],
        "{closed}-01",
    ),
    (
        "stock: nothing moved for an order",
        &["insert into stock_movement values ({sku}, 'place', 'NO.0', 0, 0, 0)"],
        "NO.0",
    ),
    ("orders: totals", &["update tb_order set pay_money = pay_money - 1 where id = '{cash}'"], "{cash}"),
    (
        "orders: totals",
        &[
            "update tb_order_item set pay_money = pay_money + 3000 where order_id = '{offered}'",
            "update tb_order set pre_money = pre_money - 3000, pay_money = pay_money + 3000 where id = '{offered}'",
        ],
        "{offered}",
    ),
    ("orders: totals", &["update tb_order set coupon_money = 1 where id = '{cash}'"], "{cash}"),
    ("orders: totals", &["update tb_order set total_num = 2 where id = '{cash}'"], "{cash}"),
    ("orders: totals", &["update tb_order_item set price = 1 where id = '{paid}-01'"], "{paid}"),
    ("orders: every order has lines", &["delete from tb_order_item where order_id = '{cash}'"], "{cash}"),
    (
        "orders: every order has lines",
        &["update tb_order_item set order_id = 'NO.0' where order_id = '{cash}'"],
        "{cash}-01",
    ),
    (
        "orders: the four status letters",
        &["update tb_order set consign_status = '2' where id = '{unpaid}'"],
        "{unpaid}",
    ),
    (
        "orders: the four status letters",
        &["update tb_order set pay_type = '2' where id = '{cash}'"],
        "{cash}",
    ),
    (
        "orders: the history",
        &["delete from order_event where order_id = '{paid}' and kind = 'paid'"],
        "{paid}",
    ),
    (
        "orders: the history",
        &["delete from order_event where order_id = '{closed}' and kind = 'closed'"],
        "{closed}",
    ),
    ("orders: the history", &["delete from order_event where order_id = '{cash}'"], "{cash}"),
    ("points:", &["update tb_user set points = points + 1 where username = '{user}'"], "{user}"),
    ("points:", &["delete from points_entry where ref = '{paid}'"], "{user}"),
    ("coupons: each used", &["update coupon set order_id = null where order_id = '{offered}'"], "{offered}"),
    (
        "coupons: each used",
        &["update coupon set order_id = '{cash}' where order_id = '{offered}'"],
        "coupon {coupon}",
    ),
    (
        "coupons: each used",
        &["update coupon set username = 'somebody' where id = {coupon}"],
        "coupon {coupon}",
    ),
    (
        "coupons: each template",
        &["update coupon_template set granted_num = granted_num + 1 where id = {template}"],
        "template {template}",
    ),
    (
        "coupons: each template",
        &["update coupon_template set total_num = 0 where id = {template}"],
        "template {template}",
    ),
    (
        "coupons: each template",
        &["update coupon_template set buyer_num = 0 where id = {template}"],
        "coupons of {user}",
    ),
    ("coupons: each template", &["delete from coupon_template where id = {template}"], "coupon {coupon}"),
    (
        "accounts: every username",
        &["update tb_order set username = 'nobody' where id = '{closed}'"],
        "{closed}",
    ),
    (
        "accounts: every username",
        &["update tb_order set username = '{user} ' where id = '{closed}'"],
        "{closed}",
    ),
    (
        "accounts: each buyer's number",
        &["update tb_user set open_orders = open_orders + 1 where username = '{user}'"],
        "{user}",
    ),
    (
        "points: what is pending",
        &["update tb_user set points_pending = points_pending - 1 where username = '{user}'"],
        "{user}",
    ),
    (
        "points: what is pending",
        &["update tb_user set points = points_pending - 1 where username = '{user}'"],
        "{user}",
    ),
    (
        "points: what a closed order earned",
        &["delete from points_entry where ref = '{closed}' and kind = 'close'"],
        "{closed}",
    ),
    (
        "points: each order spent",
        &["delete from points_entry where ref = '{offered}' and kind = 'spend'"],
        "{offered}",
    ),
    (
        "points: each order spent",
        &["update tb_order set points_used = points_used + 1 where id = '{closed}'"],
        "{closed}",
    ),
    (
        "limits: what counts",
        &["update limited_purchase set num = 2 where order_id = '{offered}'"],
        "{offered}",
    ),
    (
        "limits: what counts",
        &["update limited_purchase set order_id = '{closed}' where order_id = '{offered}'"],
        "{closed}",
    ),
    (
        "limits: no buyer",
        &["update limited_purchase set buyer_limit = 0 where order_id = '{offered}'"],
        "{user}",
    ),
    (
        "payments: each order paid online",
        &["update payment_attempt set total_fee = total_fee - 1 where order_id = '{paid}'"],
        "{paid}",
    ),
    (
        "payments: each order paid online",
        &["update payment_attempt set transaction_id = 'other' where order_id = '{paid}'"],
        "{paid}",
    ),
    (
        "payments: each order paid online",
        &["delete from payment_attempt where order_id = '{paid}'"],
        "{paid}",
    ),
    (
        "payments: each kept attempt",
        &["update payment_attempt set state = 'paid', live_order_id = null where order_id = '{unpaid}'"],
        "{attempt}",
    ),
    (
        // A unique key forbids this row; a copy of the table has no such key.
        "payments: each WeChat payment appears once",
        &[
            "create table copy as select * from payment_attempt",
            "update copy set transaction_id = 'twice'",
            "drop table payment_attempt",
            "alter table copy rename to payment_attempt",
        ],
        "twice",
    ),
    (
        "payments: each WeChat payment appears once",
        &[
            "create table copy as select * from tb_order",
            "update copy set transaction_id = 'twice'",
            "drop table tb_order",
            "alter table copy rename to tb_order",
        ],
        "twice",
    ),
    (
        "payments: only an order that awaits payment",
        &["update payment_attempt set live_order_id = null where order_id = '{unpaid}'"],
        "{attempt}",
    ),
    (
        "payments: only an order that awaits payment",
        &["update tb_order set order_status = '3' where id = '{unpaid}'"],
        "{attempt}",
    ),
    (
        "payments: money that pays no order",
        &["update payment_attempt set state = 'paid_late', live_order_id = null where order_id = '{unpaid}'"],
        "{attempt}",
    ),
    (
        "due: each order that awaits payment",
        &["delete from due where kind = 'close' and ref = '{unpaid}'"],
        "{unpaid}",
    ),
    ("due: each live attempt", &["delete from due where kind = 'ask' and ref = '{attempt}'"], "{attempt}"),
    ("outbox:", &["insert into outbox values (7, 'events', 'order.placed', '', 0, 0, 0, 0, 0)"], "7"),
    ("outbox:", &["insert into outbox values (7, 'payment_results', 'queue.order', '', 0, 0, 0, 0, 0)"], "7"),
    (
        "outbox:",
        &[
            "insert into order_event values (7, '{cash}', 'placed', 'shop', null, 0)",
            "insert into outbox values (7, 'nowhere', 'order.placed', '', 0, 0, 0, 0, 0)",
        ],
        "7",
    ),
    (
        // Claimed for ever.
        "outbox:",
        &[
            "insert into order_event values (7, '{cash}', 'placed', 'shop', null, 0)",
            "insert into outbox values (7, 'events', 'order.placed', '', 0, 900001, 0, 1, 9)",
        ],
        "7",
    ),
    ("refunds: of no payment", &["update payment_refunded set refund_fee = 1"], "{given_trade}"),
    ("refunds: of no payment", &["delete from payment_refunded"], "{refund}"),
    (
        "refunds: money that came for nothing",
        &["update payment_attempt set state = 'paid_late' where out_trade_no = '{attempt}'"],
        "{attempt}",
    ),
    ("refunds: of no line", &["update payment_refund_item set num = num + 1"], "{given}-01"),
    ("refunds: of no line", &["update payment_refund_item set restocked = 0"], "{refund}"),
    ("refunds: of no line", &["delete from payment_refund_item"], "{refund}"),
    (
        "refunds: a line says",
        &["update tb_order_item set is_return = '0' where order_id = '{given}'"],
        "{given}-01",
    ),
    ("due: each refund", &["delete from due where kind = 'refund'"], "{refund}"),
    ("keys:", &["update idempotency_key set order_id = 'NO.0'"], "token:mine"),
];

/// A shop with an order of every kind; the values of the names in a fault.
async fn names(shop: &Shop) -> Vec<(&'static str, String)> {
    let (buyer, sku) = (shop.buyer().await, shop.sku(100).await);
    let paid = buyer.buys(&sku, 1).await;
    let code = buyer.asks_for_code(&paid).await;
    shop.phone_pays(code["code_url"].as_str().unwrap()).await;
    let closed = buyer.buys(&sku, 2).await;
    let cancel = format!("/api/order/{}/cancel", closed["id"].as_str().unwrap());
    buyer.put(&cancel, Value::Null).await.ok();
    buyer.puts_in_cart(&sku, 1).await;
    let cash = buyer.post("/api/order", json!({ "payType": "0", "token": "mine" })).await.ok();
    let unpaid = buyer.buys(&sku, 1).await;
    let attempt = buyer.asks_for_code(&unpaid).await;
    let operator = shop.operator().await;
    let template = operator.makes_coupons(json!({ "buyerNum": 3 })).await;
    let coupon = operator.grants(&template, &buyer).await;
    let limited = shop.sku(100).await;
    operator.put(&format!("/api/sku/{limited}"), json!({ "buyerLimit": 3 })).await.ok();
    buyer.puts_in_cart(&limited, 1).await;
    buyer.puts_in_cart(&sku, 3).await;
    let offered = buyer.post("/api/order", json!({ "couponId": coupon, "points": 10 })).await.ok();
    let given = buyer.buys(&sku, 1).await;
    let given_code = buyer.asks_for_code(&given).await;
    shop.phone_pays(given_code["code_url"].as_str().unwrap()).await;
    let refund = buyer.asks_for_refund(&given).await.ok();
    let scanned = scans(shop, &sku, "oScanner").await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    vec![
        ("{scanned}", scanned),
        ("{given_trade}", text(&given_code["out_trade_no"])),
        ("{given}", text(&given["id"])),
        ("{refund}", text(&refund["outRefundNo"])),
        ("{sku}", sku),
        ("{user}", buyer.name),
        ("{paid}", text(&paid["id"])),
        ("{closed}", text(&closed["id"])),
        ("{cash}", text(&cash["id"])),
        ("{unpaid}", text(&unpaid["id"])),
        ("{attempt}", text(&attempt["out_trade_no"])),
        ("{offered}", text(&offered["id"])),
        ("{coupon}", coupon),
        ("{template}", template),
    ]
}

fn filled(text: &str, names: &[(&str, String)]) -> String {
    names.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_audit_rule_names_the_row_that_breaks_it() {
    for (law, statements, row) in FAULTS {
        // TiDB has no `create table … as select`.
        if servers::is_tidb() && statements[0].starts_with("create table copy as") {
            continue;
        }
        Shop::run_unaudited(async |shop| {
            let names = names(shop).await;
            shop.audit().await;
            for statement in *statements {
                let statement = filled(statement, &names);
                let changed = shop.sql(&statement).await;
                assert!(changed > 0 || !statement.contains("where"), "{statement} changed nothing");
            }
            let findings = audit::audit(&shop.running.app.db).await.unwrap();
            let finding = findings.iter().find(|finding| finding.law.starts_with(law)).expect(law);
            let row = filled(row, &names);
            let named = finding.broken.iter().any(|(name, how)| *name == row && !how.is_empty());
            assert!(named, "{statements:?} does not name {row}: {finding:#?}");
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_audit_rule_has_a_fault_in_this_file() {
    Shop::run(async |shop| {
        let findings = audit::audit(&shop.running.app.db).await.unwrap();
        let untried: BTreeSet<&str> = findings
            .iter()
            .map(|finding| finding.law)
            .filter(|law| FAULTS.iter().all(|(tried, _, _)| !law.starts_with(tried)))
            .collect();
        assert!(untried.is_empty(), "{untried:?}");
    })
    .await;
}
