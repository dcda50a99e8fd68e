//! The sheet of codes that an operator prints.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::form_browser::FormBrowser;
use crate::support::program::Place;
use crate::support::qr::text_of;
use crate::support::scan::{ANN, BEN, binds};
use crate::support::shop::{Person, Platform, Shop};
use crate::support::wait::until;
use crate::support::wechat::text;

/// Status, media type and bytes of an answer.
async fn given(person: &Person, path: &str) -> (u16, String, Vec<u8>) {
    let sent = person.request(Method::GET, path).send().await.unwrap();
    let kind = sent.headers()["content-type"].to_str().unwrap().to_owned();
    (sent.status().as_u16(), kind, sent.bytes().await.unwrap().to_vec())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_of_a_code_is_scanned_like_its_text() {
    Shop::run(async |shop| {
        let (operator, sku) = (shop.operator().await, shop.sku(10).await);
        let path = format!("/api/admin/sku/{sku}/qr");
        let code = operator.get(&path).await.ok();
        assert_eq!((&code["skuId"], &code["price"]), (&json!(sku), &json!(1000)), "{code}");
        for (asked, wide) in [("mime=image/png", 480), ("mime=image/png&size=900&level=H", 900)] {
            let (status, kind, picture) = given(&operator, &format!("{path}?{asked}")).await;
            assert_eq!((status, kind.as_str()), (200, "image/png"), "{asked}");
            let (link, width) = text_of(picture);
            assert_eq!(width, wide);
            assert_eq!(shop.scan_text(&link, ANN).await["outcome"], "order");
        }
        let (_, kind, svg) = given(&operator, &format!("{path}?mime=image/svg%2Bxml&short=true")).await;
        assert!(kind == "image/svg+xml" && svg.starts_with(b"<svg "), "{kind}");
        let wrong = ["mime=image/gif", "mime=image/png&size=20", "short=maybe", "colour=red"];
        for wrong in wrong {
            assert_eq!(operator.get(&format!("{path}?{wrong}")).await.refused(), (400, "bad_request"));
        }
        assert_eq!(operator.get("/api/admin/sku/7/qr").await.refused(), (404, "not_found"));

        shop.always("shorturl", "http_500").await;
        let unreachable = operator.get(&format!("{path}?short=true")).await;
        assert_eq!(unreachable.refused(), (503, "payment_unavailable"));
        assert!(operator.get(&path).await.status.is_success(), "the long one needs nobody");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sheet_is_printed_without_scripts_in_two_languages() {
    Shop::run(async |shop| {
        let operator = shop.operator().await;
        let odd = json!({ "name": "<b>茶</b>", "nameEn": "Tea & co", "price": 1234 });
        let odd = operator.puts_up(odd).await;
        let others = shop.skus(13, 5).await;
        let browser = FormBrowser::of(shop, &operator);
        let first = browser.sees("/admin/sku/qr").await;
        assert_eq!(first.matches("class=\"code-label\"").count(), 12);
        assert!(first.contains("page=2") && first.contains("/api/weixin/pay/native/callback"), "{first}");
        let second = browser.sees("/admin/sku/qr?page=2").await;
        assert_eq!(second.matches("class=\"code-label\"").count(), 2);

        let one = browser.sees(&format!("/admin/sku/qr?skuIds={odd}&short=true")).await;
        assert_eq!(one.matches("class=\"code-label\"").count(), 1);
        assert!(one.contains("&#60;b&#62;茶") && !one.contains("<b>茶"), "{one}");
        assert!(one.contains("¥12.34") && one.contains("checked"), "{one}");
        let (_, picture) = one.split_once("<img src=\"/api/qr?").unwrap();
        let picture = picture.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
        let png = format!("/api/qr?{}", picture.replace("image/svg%2Bxml", "image/png"));
        let (link, _) = text_of(given(&shop.stranger(), &png).await.2);
        assert!(link.starts_with("weixin://wxpay/s/"), "{link}");
        assert_eq!(shop.scan_text(&link, ANN).await["outcome"], "order");

        let english = browser.sees(&format!("/admin/sku/qr?skuIds={odd}&lang=en")).await;
        assert!(english.contains("Scan with WeChat to buy") && english.contains("Tea &#38; co"), "{english}");
        assert!(browser.sees("/admin/sku/qr?q=%E8%8C%B6").await.contains("¥12.34"));
        for (wrong, status) in
            [("skuIds=x", 400), ("page=0", 400), ("skuIds=7", 404), (&format!("skuIds={odd},7"), 404)]
        {
            let opened = browser.opens(&format!("/admin/sku/qr?{wrong}")).await;
            assert_eq!(opened.status().as_u16(), status, "{wrong}");
        }
        let asked = [&others[7], &odd, &others[2]].map(String::as_str);
        let several = browser.sees(&format!("/admin/sku/qr?skuIds={}", asked.join(","))).await;
        let ids = several.split("class=\"code-id\">").skip(1).map(|rest| rest.split('<').next().unwrap());
        assert_eq!(ids.collect::<Vec<_>>(), asked, "as they were asked for");
        shop.always("shorturl", "http_500").await;
        let opened = browser.opens("/admin/sku/qr?short=true").await;
        assert_eq!(opened.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(opened.text().await.unwrap().contains("使用长链接"));
        assert!(browser.sees("/").await.contains("/admin/sku/qr"), "an operator finds it in the menu");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_operator_prints_codes_and_binds_openids() {
    Shop::run(async |shop| {
        let (operator, buyers) = shop.people(1).await;
        let (buyer, sku) = (&buyers[0], shop.sku(10).await);
        let page = FormBrowser::of(shop, buyer).opens("/admin/sku/qr").await;
        assert_eq!(page.status(), StatusCode::FORBIDDEN);
        let page = shop.http.get(shop.url("/admin/sku/qr")).send().await.unwrap();
        assert_eq!(page.status(), StatusCode::SEE_OTHER, "to the login page");
        assert!(!FormBrowser::of(shop, buyer).sees("/").await.contains("/admin/sku/qr"));

        let mine = format!("/api/admin/user/{}/openid", buyer.name);
        for path in [&mine, &format!("/api/admin/sku/{sku}/qr"), "/api/admin/scan"] {
            let method = if *path == mine { Method::DELETE } else { Method::GET };
            for (who, refusal) in [(buyer, (403, "forbidden")), (&shop.stranger(), (401, "login_required"))] {
                let reply = crate::support::shop::read(who.request(method.clone(), path)).await;
                assert_eq!(reply.refused(), refusal, "{path}");
            }
        }
        let bound = json!({ "openid": ANN });
        assert_eq!(buyer.put(&mine, bound.clone()).await.refused(), (403, "forbidden"));
        assert_eq!(shop.stranger().put(&mine, bound.clone()).await.refused(), (401, "login_required"));
        for wrong in ["", "o 1", "wx:1", "微信", &"o".repeat(129)] {
            let reply = operator.put(&mine, json!({ "openid": wrong })).await;
            assert_eq!(reply.refused(), (400, "bad_request"), "{wrong}");
        }
        shop.scan_to_pay(&sku, BEN).await;
        let guest = text(&shop.scanned().await[0]["username"]);
        for nobody in ["nobody", guest.as_str()] {
            let path = format!("/api/admin/user/{nobody}/openid");
            assert_eq!(operator.put(&path, bound.clone()).await.refused(), (404, "not_found"), "{nobody}");
        }
        binds(shop, ANN, buyer).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sheet_of_a_shop_without_a_v2_key_says_what_is_missing() {
    let v3_alone = |settings: &mut changgou::infra::settings::Settings| {
        settings.wechat.as_mut().unwrap().api_key = None;
    };
    Shop::run_v3_with(Platform::PublicKey, v3_alone, async |shop| {
        shop.skus(3, 5).await;
        let opened = FormBrowser::of(shop, &shop.operator().await).opens("/admin/sku/qr").await;
        assert_eq!(opened.status(), StatusCode::SERVICE_UNAVAILABLE);
        let page = opened.text().await.unwrap();
        assert!(page.contains("wechat_api_key") && !page.contains("code-label"), "{page}");
    })
    .await;
}

/// The demonstration's WeChat knows the callback URL.
#[tokio::test(flavor = "multi_thread")]
async fn in_the_demonstration_a_code_can_be_scanned_and_paid() {
    let place = Place::new();
    let serving = place.serves();
    let typed = json!({ "username": "admin", "password": "admin" });
    let tokens = serving.stranger().post("/api/user/login", typed).await.ok();
    let operator = serving.stranger().with_token(tokens["accessToken"].as_str().unwrap());
    let link = operator.get("/api/admin/sku/100000003145/qr").await.ok()["link"].clone();
    let scan = json!({ "link": link, "openid": ANN, "pay": true });
    let phone = reqwest::Client::new().post(format!("http://{}/sim/scan", serving.simulator));
    let shown: serde_json::Value = phone.json(&scan).send().await.unwrap().json().await.unwrap();
    assert_eq!(shown["outcome"], "paid", "{shown:#}");
    until("the notice arrives", async || {
        let made = operator.get("/api/admin/scan").await.ok();
        made[0]["payStatus"] == "1"
    })
    .await;
    let sheet = operator.request(Method::GET, "/admin/sku/qr?skuIds=100000003145").send().await.unwrap();
    let sheet = sheet.text().await.unwrap();
    let (_, phone) =
        sheet.split_once(&format!("href=\"http://{}/?code=", serving.simulator)).expect("a phone");
    let phone = format!("http://{}/?code={}", serving.simulator, phone.split('"').next().unwrap());
    let shown = reqwest::get(phone).await.unwrap().text().await.unwrap();
    assert!(shown.contains("/phone/pay"), "the phone asks whether to pay: {shown}");

    serving.terminate();
    let (code, log) = serving.end();
    assert_eq!(code, Some(0), "{log}");
    assert!(!log.contains("ERROR") && !log.contains(ANN) && log.contains("a scan is answered"), "{log}");
    assert!(place.says(&["audit"]).contains("35 laws hold"));
}
