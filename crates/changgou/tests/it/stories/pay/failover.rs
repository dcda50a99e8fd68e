//! WeChat's second address gets the same request, byte for byte, when the first does not answer.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use changgou::infra::settings::Settings;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::support::bills::DAY;
use crate::support::orders::refunded_at_wechat;
use crate::support::shop::{Platform, Shop};
use crate::support::wechat::{UNIFIEDORDER, text};
use crate::support::wechat_proxy::WechatProxy;

const SECOND: Duration = Duration::from_secs(1);

/// A first address that can be down: it accepts connections and does not answer.
struct Gate {
    address: SocketAddr,
    is_up: watch::Sender<bool>,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Gate {
    /// A gate without a target, and up.
    async fn new() -> (Gate, TcpListener) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        (Gate { address, is_up: watch::Sender::new(true), heard: Arc::default() }, listener)
    }

    /// Sets the target.
    fn opens(&self, listener: TcpListener, wechat: String) {
        let (is_up, heard) = (self.is_up.subscribe(), self.heard.clone());
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(passes(stream, wechat.clone(), is_up.clone(), heard.clone()));
            }
        });
    }

    /// The requests that came while it was down.
    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

async fn passes(
    mut stream: TcpStream,
    wechat: String,
    mut is_up: watch::Receiver<bool>,
    heard: Arc<Mutex<Vec<String>>>,
) {
    if *is_up.borrow() {
        let mut there = TcpStream::connect(wechat).await.unwrap();
        tokio::select! {
            _ = copy_bidirectional(&mut stream, &mut there) => {}
            _ = is_up.wait_for(|up| !up) => {}
        }
        return;
    }
    let request = request(&mut stream).await;
    heard.lock().unwrap().push(request);
}

/// Reads a whole request and does not answer.
async fn request(stream: &mut TcpStream) -> String {
    let (mut bytes, mut piece) = (Vec::new(), [0; 4096]);
    while !is_whole(&bytes) {
        match stream.read(&mut piece).await {
            Ok(more @ 1..) => bytes.extend_from_slice(&piece[..more]),
            Ok(0) | Err(_) => break,
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn is_whole(bytes: &[u8]) -> bool {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    bytes.len() - end - 4 >= length.map_or(0, |length| length.trim().parse().unwrap())
}

/// The path of the call for a code.
fn prepay_path(settings: &Settings) -> &'static str {
    match settings.wechat_protocol {
        changgou::infra::settings::Protocol::V2 => UNIFIEDORDER,
        changgou::infra::settings::Protocol::V3 => "/v3/pay/transactions/native",
    }
}

/// The first address is the gate, the second the proxy; both lead to the same WeChat.
fn two_addresses(settings: &mut Settings, gate: &Gate, listener: TcpListener, proxy: &WechatProxy) {
    let account = settings.wechat.as_ref().unwrap();
    gate.opens(listener, account.base_url.trim_start_matches("http://").to_owned());
    proxy.tap(settings);
    let account = settings.wechat.as_mut().unwrap();
    let backup = std::mem::replace(&mut account.base_url, format!("http://{}", gate.address));
    account.backup_url = Some(backup);
}

async fn the_second_stands_in(shop: &Shop, gate: &Gate, proxy: &WechatProxy) {
    let path = prepay_path(&shop.running.app.settings);
    let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
    let before = buyer.buys(&sku, 1).await;
    buyer.asks_for_code(&before).await;
    assert!(proxy.sent(path).is_empty(), "the first answers");

    gate.is_up.send_replace(false);
    let order = buyer.buys(&sku, 1).await;
    let code = buyer.asks_for_code(&order).await;
    let (heard, sent) = (gate.heard(), proxy.sent(path));
    let first = heard.iter().find(|request| request.contains(path)).expect("the first was asked");
    assert_eq!(sent.len(), 1);
    assert!(first.ends_with(&sent[0]), "the same bytes: {first}");
    assert!(sent[0].contains(&text(&code["out_trade_no"])));
    assert_eq!(shop.trades().await.len(), 2, "one order, one trade");

    // For a minute the first address is not tried again.
    let heard = gate.heard().len();
    shop.always("notice", "drop").await;
    shop.phone_pays(&text(&code["code_url"])).await;
    shop.pass(5 * SECOND).await;
    assert!(buyer.is_paid(&order).await, "asked at the second");
    assert_eq!(gate.heard().len(), heard);
    let by_second = || shop.running.app.gateway.fallback_stats().second_address;
    let told = shop.http.get(shop.url("/metrics")).send().await.unwrap().text().await.unwrap();
    assert!(told.contains("changgou_wechat_second_address_total"), "{told}");
    let before = by_second();
    assert!(before >= 2, "the code and the question: {before}");

    gate.is_up.send_replace(true);
    shop.pass(60 * SECOND).await;
    let order = buyer.buys(&sku, 1).await;
    buyer.asks_for_code(&order).await;
    assert_eq!((proxy.sent(path).len(), by_second()), (1, before), "the first answers again");
}

#[tokio::test(flavor = "multi_thread")]
async fn case_58_if_the_first_address_is_silent_the_second_gets_the_same_bytes() {
    let ((gate, listener), proxy) = (Gate::new().await, WechatProxy::new().await);
    Shop::run_with(
        |settings| two_addresses(settings, &gate, listener, &proxy),
        async |shop| the_second_stands_in(shop, &gate, &proxy).await,
    )
    .await;
}

/// The signature of API v3 is over the path, not over the host.
#[tokio::test(flavor = "multi_thread")]
async fn case_58_by_api_v3_the_second_address_is_used_too() {
    let ((gate, listener), proxy) = (Gate::new().await, WechatProxy::new().await);
    Shop::run_v3_with(
        Platform::PublicKey,
        |settings| two_addresses(settings, &gate, listener, &proxy),
        async |shop| the_second_stands_in(shop, &gate, &proxy).await,
    )
    .await;
}

/// A bad answer is an answer too: the second address is not asked.
#[tokio::test(flavor = "multi_thread")]
async fn case_58_a_bad_answer_is_an_answer() {
    let ((gate, listener), proxy) = (Gate::new().await, WechatProxy::new().await);
    Shop::run_with(
        |settings| two_addresses(settings, &gate, listener, &proxy),
        async |shop| {
            let buyer = shop.buyer().await;
            let order = buyer.buys(&shop.sku(10).await, 1).await;
            for kind in ["http_500", "system_error_before", "bad_signature", "http_429"] {
                shop.once("unifiedorder", kind).await;
                assert_eq!(buyer.tries_to_pay(&order).await.status, 503, "{kind}");
            }
            assert!(proxy.sent(UNIFIEDORDER).is_empty());
        },
    )
    .await;
}

/// The first address is down all the time, from the first code to the bill.
async fn all_by_the_second(shop: &Shop) {
    let (operator, buyers) = shop.people(3).await;
    let sku = shop.sku(10).await;
    let paid = buyers[0].buys(&sku, 2).await;
    buyers[0].pays(shop, &paid).await;
    let cancelled = buyers[1].buys(&sku, 1).await;
    buyers[1].asks_for_code(&cancelled).await;
    buyers[1].cancels(&cancelled).await.ok();
    operator.gives_refund(&paid, json!({ "amount": 100 })).await.ok();
    shop.work().await;
    shop.pass(60 * SECOND).await;
    assert_eq!(refunded_at_wechat(shop, &paid).await, 100);
    shop.always("notice", "drop").await;
    let unnoticed = buyers[2].buys(&sku, 1).await;
    let code = buyers[2].asks_for_code(&unnoticed).await;
    shop.phone_pays(&text(&code["code_url"])).await;
    shop.next_morning().await;
    let report: Value = shop.compares(DAY).await;
    assert_eq!((&report["verdict"], &report["resolved"]), (&json!("clean"), &json!(1)), "{report}");
    assert!(buyers[2].is_paid(&unnoticed).await);
}

fn dead_first(settings: &mut Settings) {
    let account = settings.wechat.as_mut().unwrap();
    let there = std::mem::replace(&mut account.base_url, "http://127.0.0.1:9".to_owned());
    account.backup_url = Some(there);
}

#[tokio::test(flavor = "multi_thread")]
async fn case_58_without_the_first_address_the_shop_works() {
    Shop::run_with(dead_first, all_by_the_second).await;
    Shop::run_v3_with(Platform::Certificates, dead_first, all_by_the_second).await;
}
