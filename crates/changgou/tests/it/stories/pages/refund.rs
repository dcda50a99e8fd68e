//! Refunds on the pages: an operator decides by forms, and the buyer sees the result.

use std::time::Duration;

use reqwest::header::ORIGIN;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::support::form_browser::{FormBrowser, hidden_field, redirect_of};
use crate::support::orders::{refunded_at_wechat, ships};
use crate::support::shop::{Person, Shop};
use crate::support::wechat::text;

const DESK: &str = "/admin/refunds";
const MINUTE: Duration = Duration::from_secs(60);

/// A paid order.
async fn paid(shop: &Shop) -> (Person, Value) {
    let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
    let order = buyer.buys(&sku, 2).await;
    buyer.pays(shop, &order).await;
    (buyer, order)
}

/// A shipped order whose buyer asked for a refund on its page.
async fn wished(shop: &Shop, reason: &str) -> (Person, Value) {
    let (buyer, order) = paid(shop).await;
    ships(&shop.operator().await, &order).await;
    asks(shop, &buyer, &order, reason).await;
    (buyer, order)
}

async fn asks(shop: &Shop, buyer: &Person, order: &Value, reason: &str) {
    let path = format!("{}/refund", page_of(order));
    let asked = FormBrowser::of(shop, buyer).sends(&path, &[("reason", reason)]).await;
    assert_eq!(redirect_of(&asked), format!("{}?done=refund-asked", page_of(order)));
}

/// A refund that fails with this fault; its number.
async fn troubled(shop: &Shop, fault: Value) -> (Person, Value, String) {
    let (buyer, order) = paid(shop).await;
    buyer.asks_for_refund(&order).await.ok();
    shop.faults(json!([fault])).await;
    shop.work().await;
    shop.pass(MINUTE).await;
    let trouble = shop.operator().await.get("/api/admin/refund").await.ok();
    let number = text(&trouble[0]["outRefundNo"]);
    (buyer, order, number)
}

fn page_of(order: &Value) -> String {
    format!("/orders/{}", order["id"].as_str().unwrap())
}

fn wish_path(order: &Value, act: &str) -> String {
    format!("{DESK}/wishes/{}/{act}", order["id"].as_str().unwrap())
}

async fn refunds(shop: &Shop) -> usize {
    shop.rows::<(String,)>("select out_refund_no from payment_refund").await.len()
}

/// The status of a refusal, and its page.
async fn refused(sent: Response) -> (u16, String) {
    (sent.status().as_u16(), sent.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_that_wechat_refused_is_asked_for_again_and_arrives() {
    Shop::run(async |shop| {
        let refuses = json!({ "on": "refund", "kind": "refuse", "code": "TRADE_OVERDUE", "times": 1 });
        let (buyer, order, number) = troubled(shop, refuses).await;
        let (desk, his) = (FormBrowser::of(shop, &shop.operator().await), FormBrowser::of(shop, &buyer));
        let page = desk.sees(DESK).await;
        let shown = [text(&order["id"]), number.clone(), buyer.name.clone(), "TRADE_OVERDUE".to_owned()];
        assert!(shown.iter().all(|part| page.contains(part)) && page.contains("微信拒绝退款"), "{page}");
        assert!(his.sees(&page_of(&order)).await.contains("商家正在处理"));

        let again = format!("{DESK}/{number}/again");
        let (first, second) = tokio::join!(desk.sends(&again, &[]), desk.sends(&again, &[]));
        for sent in [first, second] {
            assert_eq!(redirect_of(&sent), "/admin/refunds?done=refund-again");
        }
        assert_eq!(refunds(shop).await, 2, "a double click asks once");
        let page = desk.sees("/admin/refunds?done=refund-again").await;
        assert!(page.contains("已重新向微信申请退款") && !page.contains(&again), "{page}");
        assert!(his.sees(&page_of(&order)).await.contains("将原路退回"));

        shop.work().await;
        shop.pass(MINUTE).await;
        assert_eq!(refunded_at_wechat(shop, &order).await, order["payMoney"].as_i64().unwrap());
        let page = his.sees(&page_of(&order)).await;
        assert!(page.contains("2026-11-23 10:0") && page.contains("已到账</span>"), "{page}");
        assert_eq!(page.matches("class=\"state good\"").count(), 1, "the one that was replaced is not shown");
        assert!(desk.sees(DESK).await.contains("没有需要处理的退款"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payout_by_hand_is_recorded_with_a_reason() {
    Shop::run(async |shop| {
        let abnormal = json!({ "on": "refund", "kind": "ends_abnormal", "times": 1 });
        let (buyer, order, number) = troubled(shop, abnormal).await;
        let desk = FormBrowser::of(shop, &shop.operator().await);
        let path = format!("{DESK}/{number}/paid-out");
        assert!(desk.sees(DESK).await.contains("收款账户异常"));
        let before = shop.all_rows().await;
        for wrong in ["", "  ", "字\u{7}", &"长".repeat(201)] {
            let (status, page) = refused(desk.sends(&path, &[("reason", wrong)]).await).await;
            assert_eq!(status, 400, "{wrong:?}");
            assert!(page.contains("1 到 200 个字符") && page.contains(&number), "{page}");
        }
        assert_eq!(desk.sends(&path, &[("amount", "1")]).await.status(), StatusCode::BAD_REQUEST);
        assert_eq!(shop.all_rows().await, before, "nothing is done");

        let words = "银行转账 <b>2026-11-24</b>";
        let noted = desk.sends(&path, &[("reason", words)]).await;
        assert_eq!(redirect_of(&noted), "/admin/refunds?done=refund-paid-out");
        let (status, page) = refused(desk.sends(&path, &[("reason", "twice")]).await).await;
        assert!(status == 409 && page.contains("该退款无需人工处理"), "{page}");
        let (status, _) = refused(desk.sends(&format!("{DESK}/R1/paid-out"), &[("reason", "x")]).await).await;
        assert_eq!(status, 404);
        let told = shop.rows::<(String, String)>("select state, told from payment_refund").await;
        assert_eq!(told, [("done".to_owned(), words.to_owned())]);
        assert!(FormBrowser::of(shop, &buyer).sees(&page_of(&order)).await.contains("已到账"));
        assert_eq!(refunded_at_wechat(shop, &order).await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_refunded_once_however_often_it_is_clicked() {
    for (restock, stock) in [("yes", (10, 0)), ("no", (8, 2))] {
        Shop::run(async |shop| {
            let (buyer, order) = wished(shop, "<b>坏</b>").await;
            let (desk, his) = (FormBrowser::of(shop, &shop.operator().await), FormBrowser::of(shop, &buyer));
            let mine = his.sees(&page_of(&order)).await;
            assert!(mine.contains("您已申请退款") && mine.contains("&#60;b&#62;坏"), "{mine}");
            assert!(!mine.contains("<b>坏") && !mine.contains("提交申请"), "asked for once: {mine}");
            let page = desk.sees(DESK).await;
            assert!(page.contains("&#60;b&#62;坏") && !page.contains("<b>坏"), "{page}");
            assert!(page.contains(&buyer.name) && page.contains(&text(&order["id"])), "{page}");

            let form = [("wish", hidden_field(&page, "wish")), ("restock", restock)];
            let path = wish_path(&order, "grant");
            assert_eq!(desk.sends(&path, &form[..1]).await.status(), StatusCode::BAD_REQUEST);
            assert_eq!(refunds(shop).await, 0);
            let (first, second) = tokio::join!(desk.sends(&path, &form), desk.sends(&path, &form));
            for sent in [first, second] {
                assert_eq!(redirect_of(&sent), "/admin/refunds?done=refund-granted");
            }
            assert_eq!(refunds(shop).await, 1, "a double click is one refund");
            assert_eq!(buyer.stock_of(&text(&order["items"][0]["skuId"])).await, stock, "{restock}");
            let page = desk.sees(DESK).await;
            assert!(page.contains("正在退款") && page.contains("等待微信受理"), "{page}");
            assert!(his.sees(&page_of(&order)).await.contains("将原路退回"));

            shop.work().await;
            shop.wechat.advance(Duration::from_secs(1)).await;
            assert_eq!(refunded_at_wechat(shop, &order).await, order["totalMoney"].as_i64().unwrap());
            let page = his.sees(&page_of(&order)).await;
            assert!(page.contains("已到账") && !page.contains("您已申请退款"), "the notice came: {page}");
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denial_is_shown_and_an_old_page_refunds_nothing() {
    Shop::run(async |shop| {
        let (buyer, order) = wished(shop, "不合适").await;
        let (desk, his) = (FormBrowser::of(shop, &shop.operator().await), FormBrowser::of(shop, &buyer));
        let old = desk.sees(DESK).await;
        let grant = [("wish", hidden_field(&old, "wish")), ("restock", "yes")];
        let (path, deny) = (wish_path(&order, "grant"), wish_path(&order, "deny"));
        let (status, page) = refused(desk.sends(&deny, &[("reason", " ")]).await).await;
        assert!(status == 400 && page.contains("原因须为 1 到 200 个字符"), "{page}");
        assert!(his.sees(&page_of(&order)).await.contains("等待商家处理"), "nothing is done");

        let denied = desk.sends(&deny, &[("reason", "已过<七>天")]).await;
        assert_eq!(redirect_of(&denied), "/admin/refunds?done=refund-denied");
        let mine = his.sees(&page_of(&order)).await;
        assert!(mine.contains("商家拒绝退款") && mine.contains("已过&#60;七&#62;天"), "{mine}");
        let (status, page) = refused(desk.sends(&path, &grant).await).await;
        assert!(status == 409 && page.contains("该退款申请已处理"), "{page}");
        assert_eq!(desk.sends(&deny, &[("reason", "x")]).await.status(), StatusCode::NOT_FOUND);

        asks(shop, &buyer, &order, "真的不合适").await;
        assert_eq!(desk.sends(&path, &grant).await.status(), StatusCode::CONFLICT, "that was another wish");
        assert_eq!(refunds(shop).await, 0);
        let page = desk.sees(DESK).await;
        let grant = [("wish", hidden_field(&page, "wish")), ("restock", "yes")];
        assert_eq!(redirect_of(&desk.sends(&path, &grant).await), "/admin/refunds?done=refund-granted");
        let (other, _) = (paid(shop).await, ());
        let (status, _) = refused(desk.sends(&wish_path(&other.1, "grant"), &grant).await).await;
        assert_eq!(status, 404, "the wish is another order's");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unmatched_payment_is_refunded_on_the_page() {
    Shop::run(async |shop| {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        let order = buyer.buys(&sku, 1).await;
        let code = buyer.asks_for_code(&order).await;
        shop.phone_pays_oddly(&code, json!({ "amount": 1 })).await;
        shop.deliver().await;
        let desk = FormBrowser::of(shop, &shop.operator().await);
        let page = desk.sees(DESK).await;
        let path = format!("{DESK}/payments/{}/give", text(&code["out_trade_no"]));
        assert!(page.contains(&path) && page.contains("¥0.01") && page.contains("付款与订单不符"), "{page}");
        for _ in 0..2 {
            assert_eq!(redirect_of(&desk.sends(&path, &[]).await), "/admin/refunds?done=refund-granted");
        }
        let page = desk.sees(DESK).await;
        assert!(
            !page.contains(&path) && page.contains("等待微信受理"),
            "on its way, for nobody to see to: {page}"
        );
        shop.work().await;
        shop.pass(MINUTE).await;
        assert_eq!((refunds(shop).await, shop.flags().await), (1, vec![]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unmatched_payment_handled_elsewhere_is_recorded_with_a_reason() {
    Shop::run(async |shop| {
        let buyer = shop.buyer().await;
        let order = buyer.buys(&shop.sku(10).await, 1).await;
        let code = buyer.asks_for_code(&order).await;
        shop.phone_pays_oddly(&code, json!({ "amount": 1 })).await;
        shop.deliver().await;
        let desk = FormBrowser::of(shop, &shop.operator().await);
        let page = desk.sees(DESK).await;
        let transaction = hidden_field(&page, "transaction").to_owned();
        let path = format!("{DESK}/payments/{}/seen-to", text(&code["out_trade_no"]));
        let said = async |words| desk.sends(&path, &[("transaction", &transaction), ("reason", words)]).await;
        assert_eq!((said("").await.status().as_u16(), shop.flags().await.len()), (400, 1));
        let sent = said("银行转账").await;
        assert_eq!(redirect_of(&sent), "/admin/refunds?done=payment-seen-to");
        assert!(shop.flags().await.is_empty() && !desk.sees(DESK).await.contains(&path));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_operator_decides_on_refunds_and_only_on_the_shops_pages() {
    Shop::run(async |shop| {
        let (buyer, order) = wished(shop, "坏").await;
        let (operator, stranger) = (shop.operator().await, shop.stranger());
        let desk = FormBrowser::of(shop, &operator);
        let wish = hidden_field(&desk.sees(DESK).await, "wish").to_owned();
        let before = shop.all_rows().await;
        let forms = [
            (wish_path(&order, "grant"), vec![("wish", wish.as_str()), ("restock", "yes")]),
            (wish_path(&order, "deny"), vec![("reason", "x")]),
            (format!("{DESK}/R1/again"), vec![]),
            (format!("{DESK}/R1/paid-out"), vec![("reason", "x")]),
            (format!("{DESK}/payments/1/give"), vec![]),
            (format!("{DESK}/payments/1/seen-to"), vec![("transaction", "2"), ("reason", "x")]),
        ];
        for (path, form) in &forms {
            let body = serde_urlencoded::to_string(form).unwrap();
            let foreign = desk.request(Method::POST, path).header(ORIGIN, "https://evil.example").body(body);
            assert_eq!(foreign.send().await.unwrap().status(), StatusCode::FORBIDDEN, "{path}");
            let sent = FormBrowser::of(shop, &buyer).sends(path, form).await;
            assert_eq!(sent.status(), StatusCode::FORBIDDEN, "{path}");
            assert_eq!(
                redirect_of(&FormBrowser::of(shop, &stranger).sends(path, form).await),
                "/login?FROM=/"
            );
        }
        assert_eq!(shop.all_rows().await, before);
        assert_eq!(FormBrowser::of(shop, &buyer).opens(DESK).await.status(), StatusCode::FORBIDDEN);
        let asked = FormBrowser::of(shop, &stranger).opens(DESK).await;
        assert_eq!(redirect_of(&asked), "/login?FROM=/admin/refunds");
        assert!(!FormBrowser::of(shop, &buyer).sees("/").await.contains(DESK));
        assert!(desk.sees("/").await.contains("href=\"/admin/refunds\""), "an operator finds it in the menu");
        let english = desk.sees("/admin/refunds?lang=en").await;
        assert!(english.contains("Refund requests") && english.contains("Refund in full"), "{english}");
    })
    .await;
}
