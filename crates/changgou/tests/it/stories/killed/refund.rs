//! The program is killed at each step of giving money back. It goes back once,
//! whole, by WeChat's own book, and the goods are on the shelf again.

use std::time::Duration;

use changgou::infra::settings::Protocol;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::killable::{Deed, Life, Past, Step, adds_up, by_both, unheard};
use crate::support::orders::went_back;
use crate::support::sent_notice::Letter;
use crate::support::shop::{Person, Shop};
use crate::support::wire::{Call, Point};

const NOW: Duration = Duration::ZERO;
const SECOND: Duration = Duration::from_secs(1);

/// When a refund that was asked for is asked about.
const ASKED_ABOUT: Duration = Duration::from_secs(11);

/// When WeChat tells again what nobody has heard.
const TOLD_AGAIN: Duration = Duration::from_secs(15);

/// When work that was begun is taken up by another.
const TAKEN_UP: Duration = Duration::from_secs(66);

const REFUND: Deed = Deed {
    call: Call::Refund,
    writes: &["payment_refund"],
    done: "select count(*) from payment_refund where state = 'processing'",
    next: &[],
};

const ARRIVAL: Deed = Deed {
    call: Call::Refunded,
    writes: &["payment_refund"],
    done: "select count(*) from payment_refund where state = 'done'",
    next: &[],
};

const WISHES: &str = "select count(*) from payment_refund";

/// An order of two pieces of ten that is paid.
struct Paid {
    buyer: Person,
    sku: String,
    order: Value,
}

impl Paid {
    async fn at(shop: &Shop) -> Paid {
        let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
        let order = buyer.buys(&sku, 2).await;
        buyer.pays(shop, &order).await;
        Paid { buyer, sku, order }
    }

    /// The same, and its buyer wants the money back.
    async fn wanted_back(shop: &Shop) -> Paid {
        let paid = Paid::at(shop).await;
        paid.buyer.wants_back(&paid.order).await.ok();
        paid
    }

    fn wishes(&self) -> impl Future<Output = ()> + Send + 'static {
        let path = format!("/api/order/{}/refund", self.order["id"].as_str().unwrap());
        unheard(self.buyer.request(Method::POST, &path).json(&json!({ "reason": "不想要了" })))
    }

    /// Later the money is back: the work is taken up, and WeChat is asked once more.
    async fn is_back(&self, shop: &Shop) {
        shop.pass(TAKEN_UP).await;
        shop.pass(TAKEN_UP).await;
        let paid = self.order["payMoney"].as_i64().unwrap();
        assert_eq!(went_back(shop, &self.order).await, paid);
        let story = ["placed", "paid", "refund_opened", "refunded"];
        assert_eq!(self.buyer.history(&self.order).await, story);
        assert_eq!(self.buyer.letters(&self.order).await, ("2".to_owned(), "1".to_owned()));
        assert_eq!((self.buyer.stock_of(&self.sku).await, self.buyer.points().await), ((10, 0), 0));
        adds_up(shop).await;
    }

    async fn ends_well(&self, life: Life) {
        let shop = life.later().await;
        self.is_back(&shop).await;
        shop.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wish_before_the_commit() {
    let past = Past::of(Protocol::V2, NOW).await;
    let paid = Paid::at(&past.shop).await;
    let mut life = past.ends().await;
    life.lives().await;
    let wishes = paid.wishes();
    life.dies_within(&["tb_order"], || drop(tokio::spawn(wishes))).await;
    assert_eq!(life.outside.count(WISHES).await, 0);
    let shop = life.later().await;
    shop.pass(TAKEN_UP).await;
    assert!(paid.buyer.is_paid(&paid.order).await, "nobody has heard of it");
    assert_eq!((paid.buyer.stock_of(&paid.sku).await, paid.buyer.points().await), ((8, 2), 10));
    adds_up(&shop).await;
    paid.buyer.wants_back(&paid.order).await.ok();
    paid.is_back(&shop).await;
    shop.ends().await;
}

/// The buyer hears nothing, and gets the money.
#[tokio::test(flavor = "multi_thread")]
async fn wish_after_the_commit() {
    let past = Past::of(Protocol::V2, NOW).await;
    let paid = Paid::at(&past.shop).await;
    let mut life = past.ends().await;
    life.lives().await;
    let (wishes, worker) = (paid.wishes(), life.wire.catches(Call::Refund, Point::Before));
    life.dies_after((WISHES, 1), &[], || drop(tokio::spawn(wishes))).await;
    drop(worker);
    paid.ends_well(life).await;
}

/// The worker asks WeChat for the money; no notice tells that it arrived.
async fn refund(step: Step) {
    by_both(async |api| {
        let past = Past::of(api, NOW).await;
        past.shop.always("refund_notice", "drop").await;
        let paid = Paid::wanted_back(&past.shop).await;
        let mut life = past.ends().await;
        life.dies(step, (&REFUND, 1), async {}).await;
        paid.ends_well(life).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refund_before_it_is_written_down() {
    by_both(async |api| {
        let past = Past::of(api, NOW).await;
        let paid = Paid::wanted_back(&past.shop).await;
        let mut life = past.ends().await;
        life.dies_within(&["payment_refund"], || {}).await;
        let asked = "select asked from payment_refund";
        assert_eq!(life.outside.count(asked).await, 0, "the bytes are not there");
        paid.ends_well(life).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refund_before_the_call() {
    refund(Step::BeforeTheCall).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refund_after_the_call() {
    refund(Step::AfterTheCall).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refund_before_the_commit() {
    refund(Step::BeforeTheCommit).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refund_after_the_commit() {
    refund(Step::AfterTheCommit).await;
}

/// The worker asks WeChat whether the money has arrived; no notice tells of it.
async fn arrival(step: Step) {
    by_both(async |api| {
        let past = Past::of(api, ASKED_ABOUT).await;
        past.shop.always("refund_notice", "drop").await;
        let paid = Paid::wanted_back(&past.shop).await;
        past.shop.work().await;
        let mut life = past.ends().await;
        life.dies(step, (&ARRIVAL, 1), async {}).await;
        paid.ends_well(life).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refund_query_before_the_call() {
    arrival(Step::BeforeTheCall).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refund_query_after_the_call() {
    arrival(Step::AfterTheCall).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refund_query_before_the_commit() {
    arrival(Step::BeforeTheCommit).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refund_query_after_the_commit() {
    arrival(Step::AfterTheCommit).await;
}

/// WeChat tells of the money, and the program dies over its question about it.
async fn refund_notice(step: Step) {
    by_both(async |api| {
        let past = Past::of(api, NOW).await;
        let paid = Paid::wanted_back(&past.shop).await;
        past.shop.work().await;
        past.shop.once("refund_notice", "drop").await;
        past.shop.wechat.advance(SECOND).await;
        let letter = Letter::first(&past.shop).await;
        let mut life = past.ends().await;
        let posted = letter.posted(&life);
        life.dies(step, (&ARRIVAL, 1), posted).await;
        life.lives().await;
        life.world.wechat.advance(TOLD_AGAIN).await;
        assert_eq!(life.outside.count(ARRIVAL.done).await, 1, "WeChat told it again");
        paid.ends_well(life).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refund_notice_before_the_call() {
    refund_notice(Step::BeforeTheCall).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refund_notice_after_the_call() {
    refund_notice(Step::AfterTheCall).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refund_notice_before_the_commit() {
    refund_notice(Step::BeforeTheCommit).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refund_notice_after_the_commit() {
    refund_notice(Step::AfterTheCommit).await;
}
