//! A phone that scans the code of a SKU, and WeChat's call to the shop about it.

use std::time::Duration;

use changgou::infra::settings::Settings;
use reqwest::Method;
use serde_json::{Value, json};
use wechatpay::v2::{Fields, SignType, xml};
use wechatpay_simulator::Merchant;

use crate::support::shop::{Person, Shop};
use crate::support::wechat::{KEY, sealed_by, text};

/// The path of WeChat's callback for a scan.
pub const CALLBACK: &str = "/api/weixin/pay/native/callback";

pub const HOUR: Duration = Duration::from_secs(3600);

/// Two people with phones.
pub const ANN: &str = "oAnn8888888888888888888888AA";

pub const BEN: &str = "oBen8888888888888888888888BB";

impl Shop {
    /// The text of a SKU's code.
    pub async fn code_of(&self, sku: &str) -> String {
        text(&self.operator().await.get(&format!("/api/admin/sku/{sku}/qr")).await.ok()["link"])
    }

    /// A phone scans a text; what it shows.
    pub async fn scan_text(&self, link: &str, openid: &str) -> Value {
        let here = json!({ "url": self.url(CALLBACK) });
        self.control(Method::PUT, "/sim/native-callback", here).await;
        self.control(Method::POST, "/sim/scan", json!({ "link": link, "openid": openid })).await
    }

    /// A phone scans a SKU's code; what it shows.
    pub async fn scan(&self, sku: &str, openid: &str) -> Value {
        let link = self.code_of(sku).await;
        self.scan_text(&link, openid).await
    }

    /// The trade a scan leads to.
    pub async fn scan_to_pay(&self, sku: &str, openid: &str) -> Value {
        let scanned = self.scan(sku, openid).await;
        assert_eq!(scanned["outcome"], "order", "{scanned:#}");
        scanned["trade"].clone()
    }

    /// The orders made by scans, newest first.
    pub async fn scanned(&self) -> Vec<Value> {
        self.operator().await.get("/api/admin/scan").await.ok().as_array().unwrap().clone()
    }

    /// The phone pays the trade of a scan.
    pub async fn pays_scan(&self, trade: &Value) {
        self.phone_pays(&text(&trade["code_url"])).await;
    }

    /// Posts to the callback as WeChat does; status and answer.
    pub async fn calls_back(&self, body: impl Into<reqwest::Body>) -> (u16, String) {
        let sent = self.http.post(self.url(CALLBACK)).body(body).send().await.unwrap();
        (sent.status().as_u16(), sent.text().await.unwrap())
    }
}

/// A phone scans a SKU's code; the id of the new order.
pub async fn scans(shop: &Shop, sku: &str, openid: &str) -> String {
    shop.scan_to_pay(sku, openid).await;
    text(&shop.scanned().await[0]["orderId"])
}

/// The fields of WeChat's callback, not signed yet.
pub fn callback(sku: &str, openid: &str) -> Fields {
    let Merchant { appid, mch_id, .. } = Merchant::demo();
    let pairs = [
        ("appid", appid.as_str()),
        ("mch_id", mch_id.as_str()),
        ("openid", openid),
        ("is_subscribe", "N"),
        ("nonce_str", "5K8264ILTKCH16CQ2502SI8ZNMTM67VS"),
        ("product_id", sku),
    ];
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// The fields signed with MD5, WeChat's default for this callback.
pub fn signed(fields: &Fields) -> String {
    sealed_by(fields, KEY, SignType::Md5)
}

/// The fields of the answer.
pub fn told(answer: &str) -> Fields {
    xml::read(answer.as_bytes()).unwrap_or_else(|error| panic!("{error}: {answer}"))
}

pub fn open_for_a_day(settings: &mut Settings) {
    settings.rules.pay_within = 24 * HOUR;
}

/// Binds an openid to a buyer.
pub async fn binds(shop: &Shop, openid: &str, buyer: &Person) {
    let path = format!("/api/admin/user/{}/openid", buyer.name);
    shop.operator().await.put(&path, json!({ "openid": openid })).await.ok();
}
