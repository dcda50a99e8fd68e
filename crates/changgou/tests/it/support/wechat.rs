//! Payments: requests of buyers and operators, and WeChat's messages where a test writes them itself.

use std::process::Command;

use reqwest::Method;
use serde_json::{Value, json};
use wechatpay::v2::{ApiKey, Fields, SignType, V2Client, V2Merchant, sign, xml};
use wechatpay_simulator::Merchant;

use crate::support::shop::{Person, Reply, Shop};

/// The API key of v2 that WeChat and the shop share.
pub const KEY: &str = "0123456789abcdef0123456789abcdef";

/// The path of payment notices of API v2.
pub const NOTICES: &str = "/api/weixin/pay/notify/url";

pub const UNIFIEDORDER: &str = "/pay/unifiedorder";
pub const ORDERQUERY: &str = "/pay/orderquery";
pub const CLOSEORDER: &str = "/pay/closeorder";

impl Shop {
    /// WeChat's trades, newest first.
    pub async fn trades(&self) -> Vec<Value> {
        let listed = self.control(Method::GET, "/sim/trades", Value::Null).await;
        listed["trades"].as_array().unwrap().clone()
    }

    /// The one trade of this number.
    pub async fn trade(&self, number: &str) -> Value {
        let mut trades = self.trades().await;
        trades.retain(|trade| trade["out_trade_no"] == number);
        assert_eq!(trades.len(), 1, "{number}: {trades:?}");
        trades.remove(0)
    }

    /// Every such call or notice fails this way from now on.
    pub async fn always(&self, on: &str, kind: &str) {
        self.faults(json!([{ "on": on, "kind": kind }])).await;
    }

    /// The next such call or notice fails this way.
    pub async fn once(&self, on: &str, kind: &str) {
        self.faults(json!([{ "on": on, "kind": kind, "times": 1 }])).await;
    }

    /// Removes all faults.
    pub async fn clears_faults(&self) {
        self.faults(json!([])).await;
    }

    /// Whether the phone could pay; the notice waits until it is delivered.
    pub async fn phone_tries(&self, code_url: &str) -> bool {
        let pay = self.http.post(self.wechat_url("/sim/pay")).json(&json!({ "code_url": code_url }));
        pay.send().await.unwrap().status().is_success()
    }

    /// Sends the same notice again, `times` at once; how many were acknowledged.
    pub async fn resends(&self, number: &str, times: usize) -> usize {
        let body = json!({ "out_trade_no": number, "times": times, "concurrent": times });
        let sent = self.control(Method::POST, "/sim/notifications/resend", body).await;
        let sent = sent["deliveries"].as_array().unwrap().clone();
        assert_eq!(sent.len(), times);
        sent.iter().filter(|delivery| delivery["acknowledged"] == true).count()
    }

    /// Closes a trade on WeChat's merchant platform.
    pub async fn closes_at_wechat(&self, number: &str) {
        let Merchant { appid, mch_id, .. } = Merchant::demo();
        let api_key = ApiKey::new(KEY).unwrap();
        let account = V2Merchant { appid, mch_id, api_key };
        let client = V2Client::new(&self.wechat_url(""), account).unwrap();
        client.close_order(number, SignType::HmacSha256).await.unwrap();
    }

    /// Payments that wait for an operator: kind, attempt's number, amount in fen.
    pub async fn flags(&self) -> Vec<(String, String, i64)> {
        let flags = self.operator().await.get("/api/admin/payment/flags").await.ok();
        let flag = |flag: &Value| {
            (text(&flag["kind"]), text(&flag["outTradeNo"]), flag["totalFee"].as_i64().unwrap())
        };
        flags.as_array().unwrap().iter().map(flag).collect()
    }

    /// What `changgou order show` prints.
    pub fn shows(&self, order: &Value) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_changgou"))
            .env("CHANGGOU_DATABASE_URL", &self.running.app.settings.database_url)
            .args(["order", "show", order["id"].as_str().unwrap()])
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Posts a body to the notice endpoint; status and answer.
    pub async fn posts(&self, body: impl Into<reqwest::Body>) -> (u16, String) {
        let sent = self.http.post(self.url(NOTICES)).body(body).send().await.unwrap();
        (sent.status().as_u16(), sent.text().await.unwrap())
    }
}

impl Person {
    /// Asks for the code; the answer may be a refusal.
    pub async fn tries_to_pay(&self, order: &Value) -> Reply {
        let id = order["id"].as_str().unwrap();
        let path = format!("/api/weixin/pay/create/native?outtradeno={id}");
        self.post(&path, Value::Null).await
    }

    /// The payment status as the return page asks for it.
    pub async fn payment_status(&self, order: &Value) -> Value {
        let id = order["id"].as_str().unwrap();
        self.get(&format!("/api/weixin/pay/status/query?outtradeno={id}")).await.ok()
    }

    pub async fn cancels(&self, order: &Value) -> Reply {
        let id = order["id"].as_str().unwrap();
        self.put(&format!("/api/order/{id}/cancel"), Value::Null).await
    }

    /// Asks for a refund.
    pub async fn asks_for_refund(&self, order: &Value) -> Reply {
        let id = order["id"].as_str().unwrap();
        self.post(&format!("/api/order/{id}/refund"), json!({ "reason": "不想要了" })).await
    }

    /// Refunds an order, or the part in `of`, as an operator.
    pub async fn gives_refund(&self, order: &Value, of: Value) -> Reply {
        let mut body = json!({ "reason": "协商退款" });
        body.as_object_mut().unwrap().extend(of.as_object().unwrap().clone());
        let id = order["id"].as_str().unwrap();
        self.post(&format!("/api/admin/order/{id}/refund"), body).await
    }

    /// Pays an order by phone; the order afterwards.
    pub async fn pays(&self, shop: &Shop, order: &Value) -> Value {
        let code = self.asks_for_code(order).await;
        shop.phone_pays(code["code_url"].as_str().unwrap()).await;
        assert!(self.is_paid(order).await);
        self.order(order).await
    }

    /// The kinds of the order's events, in order.
    pub async fn history(&self, order: &Value) -> Vec<String> {
        let events = self.order(order).await["events"].clone();
        events.as_array().unwrap().iter().map(|event| text(&event["kind"])).collect()
    }

    /// The order's `orderStatus` and `payStatus`.
    pub async fn status_codes(&self, order: &Value) -> (String, String) {
        let order = self.order(order).await;
        (text(&order["orderStatus"]), text(&order["payStatus"]))
    }

    pub async fn is_paid(&self, order: &Value) -> bool {
        self.status_codes(order).await == ("0".to_owned(), "1".to_owned())
    }

    pub async fn is_waiting(&self, order: &Value) -> bool {
        self.status_codes(order).await == ("0".to_owned(), "0".to_owned())
    }

    pub async fn is_closed(&self, order: &Value) -> bool {
        self.status_codes(order).await == ("3".to_owned(), "0".to_owned())
    }
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

/// The fields of a notice, not signed yet.
pub fn notice(number: &str, fen: i64) -> Fields {
    let Merchant { appid, mch_id, .. } = Merchant::demo();
    let fen = fen.to_string();
    let pairs = [
        ("return_code", "SUCCESS"),
        ("result_code", "SUCCESS"),
        ("appid", appid.as_str()),
        ("mch_id", mch_id.as_str()),
        ("nonce_str", "5K8264ILTKCH16CQ2502SI8ZNMTM67VS"),
        ("sign_type", "HMAC-SHA256"),
        ("openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"),
        ("trade_type", "NATIVE"),
        ("bank_type", "OTHERS"),
        ("total_fee", fen.as_str()),
        ("fee_type", "CNY"),
        ("cash_fee", fen.as_str()),
        ("transaction_id", "4200009999202611231234567890"),
        ("out_trade_no", number),
        ("time_end", "20261123100001"),
    ];
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// The message signed with HMAC-SHA256, as the shop's attempts are.
pub fn sealed(fields: &Fields, key: &str) -> String {
    sealed_by(fields, key, SignType::HmacSha256)
}

pub fn sealed_by(fields: &Fields, key: &str, sign_type: SignType) -> String {
    let mut fields = fields.clone();
    fields.remove("sign");
    let signature = sign(&fields, &ApiKey::new(key).unwrap(), sign_type);
    fields.insert("sign".to_owned(), signature);
    xml::write(&fields)
}

pub const V3_NOTICES: &str = "/api/weixin/pay/v3/notify";

impl Shop {
    /// Every delivery of a notice about this attempt, newest first.
    pub async fn deliveries(&self, number: &str) -> Vec<Value> {
        let path = format!("/sim/notifications?out_trade_no={number}");
        let told = self.control(Method::GET, &path, Value::Null).await;
        told["deliveries"].as_array().unwrap().clone()
    }

    /// The attempt's protocol and kind of signature.
    pub async fn pinned(&self, number: &str) -> (String, String) {
        let sql = format!("select protocol, sign_type from payment_attempt where out_trade_no = '{number}'");
        self.rows(&sql).await.remove(0)
    }
}
