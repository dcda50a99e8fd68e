//! The program is killed at each step of a refund. WeChat pays back once and in full, and the goods are in stock
//! again.

use std::time::Duration;

use changgou::infra::settings::Protocol;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::killable::{
    CallAndCommit, KillableProgram, PastShop, Step, amounts_match_wechat, by_both_apis, sent_without_answer,
};
use crate::support::orders::refunded_at_wechat;
use crate::support::sent_notice::SentNotice;
use crate::support::shop::{Person, Shop};
use crate::support::wechat_proxy::{Call, Point};

const NOW: Duration = Duration::ZERO;
const SECOND: Duration = Duration::from_secs(1);

/// When a requested refund is queried.
const ASKED_ABOUT: Duration = Duration::from_secs(11);

/// When WeChat sends a notice again that was not acknowledged.
const TOLD_AGAIN: Duration = Duration::from_secs(15);

/// When another worker takes up work that was begun.
const TAKEN_UP: Duration = Duration::from_secs(66);

const REFUND: CallAndCommit = CallAndCommit {
    call: Call::Refund,
    writes: &["payment_refund"],
    done: "select count(*) from payment_refund where state = 'processing'",
    next: &[],
};

const ARRIVAL: CallAndCommit = CallAndCommit {
    call: Call::RefundQuery,
    writes: &["payment_refund"],
    done: "select count(*) from payment_refund where state = 'done'",
    next: &[],
};

const WISHES: &str = "select count(*) from payment_refund";

/// A paid order of two pieces out of ten.
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

    /// The same, and its buyer asked for a refund.
    async fn wanted_back(shop: &Shop) -> Paid {
        let paid = Paid::at(shop).await;
        paid.buyer.asks_for_refund(&paid.order).await.ok();
        paid
    }

    fn wishes(&self) -> impl Future<Output = ()> + Send + 'static {
        let path = format!("/api/order/{}/refund", self.order["id"].as_str().unwrap());
        sent_without_answer(self.buyer.request(Method::POST, &path).json(&json!({ "reason": "不想要了" })))
    }

    /// Later the refund is done: the work is taken up, and WeChat is queried once more.
    async fn is_back(&self, shop: &Shop) {
        shop.pass(TAKEN_UP).await;
        shop.pass(TAKEN_UP).await;
        let paid = self.order["payMoney"].as_i64().unwrap();
        assert_eq!(refunded_at_wechat(shop, &self.order).await, paid);
        let story = ["placed", "paid", "refund_opened", "refunded"];
        assert_eq!(self.buyer.history(&self.order).await, story);
        assert_eq!(self.buyer.status_codes(&self.order).await, ("2".to_owned(), "1".to_owned()));
        assert_eq!((self.buyer.stock_of(&self.sku).await, self.buyer.points().await), ((10, 0), 0));
        amounts_match_wechat(shop).await;
    }

    async fn ends_well(&self, program: KillableProgram) {
        let shop = program.becomes_shop().await;
        self.is_back(&shop).await;
        shop.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wish_before_the_commit() {
    let past = PastShop::of(Protocol::V2, NOW).await;
    let paid = Paid::at(&past.shop).await;
    let mut program = past.hands_over().await;
    program.starts().await;
    let wishes = paid.wishes();
    program.is_killed_inside(&["tb_order"], || drop(tokio::spawn(wishes))).await;
    assert_eq!(program.database.count(WISHES).await, 0);
    let shop = program.becomes_shop().await;
    shop.pass(TAKEN_UP).await;
    assert!(paid.buyer.is_paid(&paid.order).await, "nobody has heard of it");
    assert_eq!((paid.buyer.stock_of(&paid.sku).await, paid.buyer.points().await), ((8, 2), 10));
    amounts_match_wechat(&shop).await;
    paid.buyer.asks_for_refund(&paid.order).await.ok();
    paid.is_back(&shop).await;
    shop.ends().await;
}

/// The buyer gets no answer, and the refund is made.
#[tokio::test(flavor = "multi_thread")]
async fn wish_after_the_commit() {
    let past = PastShop::of(Protocol::V2, NOW).await;
    let paid = Paid::at(&past.shop).await;
    let mut program = past.hands_over().await;
    program.starts().await;
    let (wishes, worker) = (paid.wishes(), program.proxy.holds(Call::Refund, Point::Before));
    program.is_killed_after((WISHES, 1), &[], || drop(tokio::spawn(wishes))).await;
    drop(worker);
    paid.ends_well(program).await;
}

/// The worker requests the refund; the notice of its success is lost.
async fn refund(step: Step) {
    by_both_apis(async |api| {
        let past = PastShop::of(api, NOW).await;
        past.shop.always("refund_notice", "drop").await;
        let paid = Paid::wanted_back(&past.shop).await;
        let mut program = past.hands_over().await;
        program.is_killed_at(step, (&REFUND, 1), async {}).await;
        paid.ends_well(program).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refund_before_it_is_written_down() {
    by_both_apis(async |api| {
        let past = PastShop::of(api, NOW).await;
        let paid = Paid::wanted_back(&past.shop).await;
        let mut program = past.hands_over().await;
        program.is_killed_inside(&["payment_refund"], || {}).await;
        let asked = "select asked from payment_refund";
        assert_eq!(program.database.count(asked).await, 0, "the bytes are not there");
        paid.ends_well(program).await;
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

/// The worker queries the refund; its notice is lost.
async fn arrival(step: Step) {
    by_both_apis(async |api| {
        let past = PastShop::of(api, ASKED_ABOUT).await;
        past.shop.always("refund_notice", "drop").await;
        let paid = Paid::wanted_back(&past.shop).await;
        past.shop.work().await;
        let mut program = past.hands_over().await;
        program.is_killed_at(step, (&ARRIVAL, 1), async {}).await;
        paid.ends_well(program).await;
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

/// WeChat sends the refund's notice, and the program is killed while it handles it.
async fn refund_notice(step: Step) {
    by_both_apis(async |api| {
        let past = PastShop::of(api, NOW).await;
        let paid = Paid::wanted_back(&past.shop).await;
        past.shop.work().await;
        past.shop.once("refund_notice", "drop").await;
        past.shop.wechat.advance(SECOND).await;
        let notice = SentNotice::first(&past.shop).await;
        let mut program = past.hands_over().await;
        let posted = notice.sends_again(&program);
        program.is_killed_at(step, (&ARRIVAL, 1), posted).await;
        program.starts().await;
        program.world.wechat.advance(TOLD_AGAIN).await;
        assert_eq!(program.database.count(ARRIVAL.done).await, 1, "WeChat told it again");
        paid.ends_well(program).await;
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
