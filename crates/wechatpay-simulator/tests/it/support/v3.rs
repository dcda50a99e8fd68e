//! A minimal API v3 client, written from the protocol documentation.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use wechatpay_simulator::{MerchantKeys, PlatformCredentials};

use super::{START_MS, Shop};

pub struct V3 {
    pub keys: MerchantKeys,
    /// The Wechatpay-Serial header of each request.
    pub serial: Option<String>,
    pub now_s: i64,
}

pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }
}

impl V3 {
    pub fn of(shop: &Shop) -> Self {
        let keys = shop.simulator.merchant_keys("1900000109").unwrap();
        Self { keys, serial: None, now_s: START_MS / 1000 }
    }

    pub fn sign(&self, message: &str) -> String {
        let key = RsaKeyPair::from_pkcs8(&der(&self.keys.private_key_pem)).unwrap();
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
        STANDARD.encode(signature)
    }

    pub fn authorization(&self, method: &str, target: &str, body: &str) -> String {
        let (at, nonce) = (self.now_s, "593BEC0C930BF1AFEB40B4A08C8FB242");
        let signature = self.sign(&format!("{method}\n{target}\n{at}\n{nonce}\n{body}\n"));
        format!(
            "WECHATPAY2-SHA256-RSA2048 mchid=\"{}\",nonce_str=\"{nonce}\",signature=\"{signature}\",\
             timestamp=\"{at}\",serial_no=\"{}\"",
            self.keys.mch_id, self.keys.serial_no
        )
    }

    pub async fn call(&self, shop: &Shop, method: &str, target: &str, body: &str) -> Answer {
        self.try_call(shop, method, target, body).await.unwrap()
    }

    pub async fn try_call(
        &self,
        shop: &Shop,
        method: &str,
        target: &str,
        body: &str,
    ) -> reqwest::Result<Answer> {
        let mut request = shop.http.request(method.parse().unwrap(), shop.url(target));
        request = request.header("authorization", self.authorization(method, target, body));
        if let Some(serial) = &self.serial {
            request = request.header("wechatpay-serial", serial);
        }
        let response = request.body(body.to_owned()).send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Answer { status, headers, text: response.text().await? })
    }

    pub async fn get(&self, shop: &Shop, target: &str) -> Answer {
        self.call(shop, "GET", target, "").await
    }

    pub async fn post(&self, shop: &Shop, target: &str, body: Value) -> Answer {
        self.call(shop, "POST", target, &body.to_string()).await
    }

    /// Places an order of 101 fen.
    pub async fn native(&self, shop: &Shop, number: &str) -> Answer {
        self.post(shop, "/v3/pay/transactions/native", order(shop, number)).await
    }

    /// The encrypted content of a notice or a certificate.
    pub fn reveal(&self, resource: &Value) -> Value {
        let text = self.reveal_text(resource).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    pub fn reveal_text(&self, resource: &Value) -> Option<String> {
        let text = |name: &str| resource[name].as_str().unwrap();
        let key = UnboundKey::new(&AES_256_GCM, self.keys.api_v3_key.as_bytes()).unwrap();
        let nonce = Nonce::try_assume_unique_for_key(text("nonce").as_bytes()).unwrap();
        let mut bytes = STANDARD.decode(text("ciphertext")).unwrap();
        let aad = Aad::from(text("associated_data").as_bytes());
        let plain = LessSafeKey::new(key).open_in_place(nonce, aad, &mut bytes).ok()?;
        Some(String::from_utf8(plain.to_vec()).unwrap())
    }
}

pub fn order(shop: &Shop, number: &str) -> Value {
    json!({
        "appid": "wx8888888888888888", "mchid": "1900000109", "description": "畅购-手机 <A&B> \"x\"",
        "out_trade_no": number, "notify_url": shop.receiver.url(), "attach": "a",
        "amount": { "total": 101, "currency": "CNY" },
    })
}

/// Whether the signature of the platform is valid, with the key that the message names.
pub fn is_signed(
    platform: &PlatformCredentials,
    headers: impl Fn(&str) -> Option<String>,
    body: &str,
) -> bool {
    let header = |name: &str| headers(name).unwrap_or_default();
    let serial = header("wechatpay-serial");
    let certificate = platform.certificates.iter().find(|certificate| certificate.serial_no == serial);
    let public = (platform.public_key_id == serial).then_some(&platform.public_key_pem);
    let Some(pem) = certificate.map(|certificate| &certificate.public_key_pem).or(public) else {
        return false;
    };
    let text = format!("{}\n{}\n{body}\n", header("wechatpay-timestamp"), header("wechatpay-nonce"));
    let signature = STANDARD.decode(header("wechatpay-signature")).unwrap_or_default();
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der(pem)).verify(text.as_bytes(), &signature).is_ok()
}

pub fn answer_is_signed(shop: &Shop, answer: &Answer) -> bool {
    let header = |name: &str| Some(answer.headers.get(name)?.to_str().unwrap().to_owned());
    is_signed(&shop.simulator.platform_keys(), header, &answer.text)
}

fn der(pem: &str) -> Vec<u8> {
    let lines: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    STANDARD.decode(lines).unwrap()
}
