pub mod client;
pub mod receiver;
pub mod v3;

use serde_json::{Value, json};
use wechatpay_simulator::{ClockMode, CloseRule, Merchant, Simulator, SimulatorOptions, start};

pub use client::{Fields, Sign};
use receiver::Receiver;

/// 2026-09-23 15:30:00 in UTC+8.
pub const START_MS: i64 = 1_790_148_600_000;

/// The merchant side of a test: a simulator with a manual clock, and a server for its notices.
pub struct Shop {
    pub simulator: Simulator,
    pub receiver: Receiver,
    pub http: reqwest::Client,
}

impl Shop {
    pub async fn open() -> Self {
        Self::open_with(ClockMode::Manual { start_ms: START_MS }, CloseRule::AtOnce).await
    }

    pub async fn open_with(clock: ClockMode, close_rule: CloseRule) -> Self {
        let other =
            Merchant { appid: "wxother".into(), mch_id: "1900000999".into(), api_key: "k".repeat(32) };
        let mut options = SimulatorOptions::new(([127, 0, 0, 1], 0).into(), Merchant::demo());
        options.merchants.push(other);
        options.clock = clock;
        options.close_rule = close_rule;
        Self::open_as(options).await
    }

    pub async fn open_as(options: SimulatorOptions) -> Self {
        let simulator = start(options).await.unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { simulator, receiver: Receiver::open().await, http }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.simulator.address())
    }

    /// The parameters of an order of 101 fen, unsigned.
    pub fn order(&self, number: &str) -> Fields {
        client::fields(&[
            ("body", "畅购-手机 <A&B> \"x\""),
            ("attach", "a]]>b"),
            ("out_trade_no", number),
            ("total_fee", "101"),
            ("spbill_create_ip", "127.0.0.1"),
            ("notify_url", &self.receiver.url()),
            ("trade_type", "NATIVE"),
            ("product_id", "P1"),
        ])
    }

    /// Signs and posts a request. Returns the fields of the response.
    pub async fn call(&self, path: &str, own: Fields, sign: Sign) -> Fields {
        self.try_call(path, own, sign).await.unwrap()
    }

    pub async fn try_call(&self, path: &str, own: Fields, sign: Sign) -> reqwest::Result<Fields> {
        let text = self.raw(path, client::signed(own, sign)).await?.text().await?;
        Ok(client::read(&text))
    }

    pub async fn raw(&self, path: &str, body: String) -> reqwest::Result<reqwest::Response> {
        self.http.post(self.url(path)).body(body).send().await
    }

    /// Places an order and returns its code.
    pub async fn prepay(&self, number: &str) -> String {
        let answer = self.call("/pay/unifiedorder", self.order(number), Sign::Md5).await;
        answer.get("code_url").unwrap_or_else(|| panic!("{answer:?}")).clone()
    }

    pub async fn query(&self, number: &str) -> Fields {
        self.call("/pay/orderquery", client::fields(&[("out_trade_no", number)]), Sign::Md5).await
    }

    pub async fn close(&self, number: &str) -> Fields {
        self.call("/pay/closeorder", client::fields(&[("out_trade_no", number)]), Sign::Md5).await
    }

    /// Requests a refund of an order of 101 fen.
    pub async fn refund(&self, number: &str, refund: &str, fen: &str) -> Fields {
        let own = client::fields(&[
            ("out_trade_no", number),
            ("out_refund_no", refund),
            ("total_fee", "101"),
            ("refund_fee", fen),
            ("notify_url", &self.receiver.url()),
        ]);
        self.call("/secapi/pay/refund", own, Sign::Md5).await
    }

    pub async fn refund_query(&self, name: &str, value: &str) -> Fields {
        self.call("/pay/refundquery", client::fields(&[(name, value)]), Sign::Md5).await
    }

    /// Places and pays an order.
    pub async fn paid(&self, number: &str) {
        self.prepay(number).await;
        self.pay_number(number).await;
    }

    /// Pays an order. Returns the status and the JSON.
    pub async fn pay(&self, wish: Value) -> (u16, Value) {
        self.control("POST", "/sim/pay", wish).await
    }

    pub async fn pay_number(&self, number: &str) -> Value {
        let (status, trade) = self.pay(json!({ "out_trade_no": number })).await;
        assert_eq!(status, 200, "{trade}");
        trade
    }

    pub async fn advance(&self, seconds: u32) {
        let (status, _) = self.control("POST", "/sim/clock/advance", json!({ "seconds": seconds })).await;
        assert_eq!(status, 200);
    }

    pub async fn faults(&self, faults: Value) {
        let (status, told) = self.control("PUT", "/sim/faults", json!({ "faults": faults })).await;
        assert_eq!(status, 200, "{told}");
    }

    pub async fn deliveries(&self) -> Vec<Value> {
        let (_, told) = self.control("GET", "/sim/notifications", Value::Null).await;
        let mut deliveries = told["deliveries"].as_array().unwrap().clone();
        deliveries.reverse();
        deliveries
    }

    pub async fn control(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let request = self.http.request(method.parse().unwrap(), self.url(path)).body(body.to_string());
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_str(&response.text().await.unwrap()).unwrap_or_default())
    }
}
