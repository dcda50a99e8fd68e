//! The program is killed at each step of paying and of closing an order. Without any help the payment counts once,
//! and the goods are sold or in stock again.

use std::time::Duration;

use changgou::infra::settings::Protocol;
use reqwest::Method;
use serde_json::Value;

use crate::support::killable::{
    CallAndCommit, KillableProgram, PastShop, Step, amounts_match_wechat, by_both_apis, sent_without_answer,
};
use crate::support::orders::{loses_a_request, lost_request_arrives};
use crate::support::sent_notice::SentNotice;
use crate::support::shop::{Person, Shop};
use crate::support::wechat::text;
use crate::support::wechat_proxy::Call;

const NOW: Duration = Duration::ZERO;
const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

/// When another request may ask WeChat for a code that was being asked for.
const ASKED_ANEW: Duration = Duration::from_secs(25);

/// When the worker queries an attempt.
const ASKED: Duration = Duration::from_secs(5);

/// When another worker takes up work that was begun, with Redis too.
const TAKEN_UP: Duration = Duration::from_secs(71);

const PREPAY: CallAndCommit = CallAndCommit {
    call: Call::Prepay,
    writes: &["payment_attempt"],
    done: "select count(*) from payment_attempt where state = 'waiting'",
    next: &[],
};

const QUERY: CallAndCommit = CallAndCommit {
    call: Call::OrderQuery,
    writes: &["payment_attempt"],
    done: "select count(*) from tb_order where pay_status = '1'",
    next: &[],
};

/// WeChat has closed the attempt.
const CLOSE: CallAndCommit = CallAndCommit {
    call: Call::Close,
    writes: &["payment_attempt"],
    done: "select count(*) from payment_attempt where state = 'closed'",
    next: &["tb_order"],
};

/// And so the order is closed.
const GIVE_BACK: CallAndCommit = CallAndCommit {
    call: Call::Close,
    writes: &["tb_order"],
    done: "select count(*) from tb_order where order_status = '3'",
    next: &[],
};

/// A buyer with an order of two pieces out of ten, and the code to pay it.
async fn asked_for(shop: &Shop) -> Sold {
    let (buyer, sku) = (shop.buyer().await, shop.sku(10).await);
    let order = buyer.buys(&sku, 2).await;
    let code = text(&buyer.asks_for_code(&order).await["code_url"]);
    Sold { buyer, sku, order, code }
}

struct Sold {
    buyer: Person,
    sku: String,
    order: Value,
    code: String,
}

impl Sold {
    fn id(&self) -> &str {
        self.order["id"].as_str().unwrap()
    }

    async fn is_paid(&self, shop: &Shop) {
        assert!(self.buyer.is_paid(&self.order).await, "{}", self.buyer.order(&self.order).await);
        assert_eq!(self.buyer.history(&self.order).await, ["placed", "paid"]);
        assert_eq!((self.buyer.stock_of(&self.sku).await, self.buyer.points().await), ((8, 2), 10));
        amounts_match_wechat(shop).await;
    }

    async fn is_closed(&self, shop: &Shop) {
        assert!(self.buyer.is_closed(&self.order).await, "{}", self.buyer.order(&self.order).await);
        assert_eq!(self.buyer.history(&self.order).await, ["placed", "closed"]);
        assert_eq!((self.buyer.stock_of(&self.sku).await, self.buyer.points().await), ((10, 0), 0));
        assert!(!shop.phone_tries(&self.code).await, "nobody can pay it any more");
        amounts_match_wechat(shop).await;
    }
}

/// Two buyers ask for a code; one asks again, the other does not.
struct Asking {
    shop: PastShop,
    buyers: Vec<Person>,
    orders: Vec<Value>,
    sku: String,
}

impl Asking {
    async fn by(api: Protocol) -> Asking {
        let past = PastShop::of(api, NOW).await;
        let (buyers, sku) = (past.shop.people(2).await.1, past.shop.sku(10).await);
        let mut orders = Vec::new();
        for buyer in &buyers {
            orders.push(buyer.buys(&sku, 2).await);
        }
        Asking { shop: past, buyers, orders, sku }
    }

    fn asks(&self) -> impl Future<Output = ()> + Send + 'static {
        let one = |nth: usize| {
            let id = self.orders[nth]["id"].as_str().unwrap();
            let path = format!("/api/weixin/pay/create/native?outtradeno={id}");
            sent_without_answer(self.buyers[nth].request(Method::POST, &path))
        };
        let both = [one(0), one(1)];
        async move {
            let [one, other] = both;
            tokio::join!(one, other);
        }
    }
}

/// The buyer who asks again gets the code and pays; the other's order is closed in time.
async fn ends_well(program: KillableProgram, (buyers, orders, sku): (Vec<Person>, Vec<Value>, String)) {
    let shop = program.becomes_shop().await;
    shop.pass(ASKED_ANEW + SECOND).await;
    let code = buyers[0].asks_for_code(&orders[0]).await;
    shop.phone_pays(&text(&code["code_url"])).await;
    assert!(buyers[0].is_paid(&orders[0]).await);
    shop.pass(HOUR).await;
    assert!(buyers[1].is_closed(&orders[1]).await, "{}", buyers[1].order(&orders[1]).await);
    assert_eq!(buyers[0].stock_of(&sku).await, (8, 2));
    let trades = shop.trades().await;
    assert!(trades.len() <= 2, "one number each: {trades:#?}");
    for trade in trades.iter().filter(|trade| trade["paid_fee"].is_null()) {
        assert_eq!(trade["trade_state"], "CLOSED");
    }
    amounts_match_wechat(&shop).await;
    shop.ends().await;
}

async fn prepay(step: Step) {
    by_both_apis(async |api| {
        let asking = Asking::by(api).await;
        let asked = asking.asks();
        let Asking { shop, buyers, orders, sku } = asking;
        let mut program = shop.hands_over().await;
        program.is_killed_at(step, (&PREPAY, 2), asked).await;
        ends_well(program, (buyers, orders, sku)).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn prepay_before_it_is_written_down() {
    by_both_apis(async |api| {
        let asking = Asking::by(api).await;
        let asked = asking.asks();
        let Asking { shop, buyers, orders, sku } = asking;
        let mut program = shop.hands_over().await;
        program.starts().await;
        program.is_killed_inside(&["tb_order", "payment_attempt"], || drop(tokio::spawn(asked))).await;
        assert_eq!(program.database.count("select count(*) from payment_attempt").await, 0);
        ends_well(program, (buyers, orders, sku)).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn prepay_before_the_call() {
    prepay(Step::BeforeTheCall).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn prepay_after_the_call() {
    prepay(Step::AfterTheCall).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn prepay_before_the_commit() {
    prepay(Step::BeforeTheCommit).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn prepay_after_the_commit() {
    prepay(Step::AfterTheCommit).await;
}

/// WeChat sends the notice, and the program is killed while it handles it.
async fn notice(step: Step) {
    by_both_apis(async |api| {
        let past = PastShop::of(api, NOW).await;
        let sold = asked_for(&past.shop).await;
        past.shop.once("notice", "drop").await;
        past.shop.phone_pays(&sold.code).await;
        let notice = SentNotice::first(&past.shop).await;
        let program = notice.kills_during(past, step, QUERY.done).await;
        let shop = program.becomes_shop().await;
        sold.is_paid(&shop).await;
        shop.ends().await;
    })
    .await;
}

/// The same for a closed order whose goods were sold: the payment is refunded.
async fn late_notice(step: Step) {
    let past = PastShop::of(Protocol::V2, 40 * SECOND).await;
    let (buyer, sku) = (past.shop.buyer().await, past.shop.sku(10).await);
    let order = buyer.buys(&sku, 2).await;
    let number = loses_a_request(&past.shop, &past.proxy, &buyer, &order).await;
    buyer.cancels(&order).await.ok();
    past.shop.buyer().await.buys(&sku, 10).await;
    past.shop.once("notice", "drop").await;
    past.shop.phone_pays(&lost_request_arrives(&past.proxy, &number).await).await;
    let notice = SentNotice::first(&past.shop).await;
    let program = notice.kills_during(past, step, "select count(*) from payment_refund").await;
    let shop = program.becomes_shop().await;
    shop.pass(TAKEN_UP).await;
    shop.pass(TAKEN_UP).await;
    assert_eq!(shop.trade(&number).await["refunded_fee"], order["payMoney"]);
    let story = ["placed", "closed", "paid_after_close", "refund_opened", "refunded"];
    assert_eq!(buyer.history(&order).await, story);
    assert_eq!(buyer.stock_of(&sku).await, (0, 10));
    amounts_match_wechat(&shop).await;
    shop.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn late_notice_before_the_call() {
    late_notice(Step::BeforeTheCall).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn late_notice_after_the_call() {
    late_notice(Step::AfterTheCall).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn late_notice_before_the_commit() {
    late_notice(Step::BeforeTheCommit).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn late_notice_after_the_commit() {
    late_notice(Step::AfterTheCommit).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn notice_before_the_call() {
    notice(Step::BeforeTheCall).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn notice_after_the_call() {
    notice(Step::AfterTheCall).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn notice_before_the_commit() {
    notice(Step::BeforeTheCommit).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn notice_after_the_commit() {
    notice(Step::AfterTheCommit).await;
}

/// The notice is lost, and the program is killed during the query of the return page.
async fn query(step: Step) {
    by_both_apis(async |api| {
        let past = PastShop::of(api, NOW).await;
        let sold = asked_for(&past.shop).await;
        past.shop.always("notice", "drop").await;
        past.shop.phone_pays(&sold.code).await;
        let mut program = past.hands_over().await;
        let path = format!("/api/weixin/pay/status/query?outtradeno={}", sold.id());
        program
            .is_killed_at(step, (&QUERY, 1), sent_without_answer(sold.buyer.request(Method::GET, &path)))
            .await;
        let shop = program.becomes_shop().await;
        shop.pass(TAKEN_UP).await;
        sold.is_paid(&shop).await;
        shop.ends().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn query_before_the_call() {
    query(Step::BeforeTheCall).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn query_after_the_call() {
    query(Step::AfterTheCall).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn query_before_the_commit() {
    query(Step::BeforeTheCommit).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn query_after_the_commit() {
    query(Step::AfterTheCommit).await;
}

/// The notice is lost, and the program is killed during the query of its worker.
async fn poll(step: Step) {
    by_both_apis(async |api| {
        let past = PastShop::of(api, ASKED).await;
        let sold = asked_for(&past.shop).await;
        past.shop.always("notice", "drop").await;
        past.shop.phone_pays(&sold.code).await;
        let mut program = past.hands_over().await;
        program.is_killed_at(step, (&QUERY, 1), async {}).await;
        let shop = program.becomes_shop().await;
        shop.pass(TAKEN_UP).await;
        sold.is_paid(&shop).await;
        shop.ends().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn poll_before_the_call() {
    poll(Step::BeforeTheCall).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn poll_after_the_call() {
    poll(Step::AfterTheCall).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn poll_before_the_commit() {
    poll(Step::BeforeTheCommit).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn poll_after_the_commit() {
    poll(Step::AfterTheCommit).await;
}

/// An order whose time is over; WeChat is not queried about it for three minutes.
async fn overdue(api: Protocol) -> (Sold, PastShop) {
    let past = PastShop::of(api, HOUR + SECOND).await;
    let sold = asked_for(&past.shop).await;
    for seconds in [3500, 31, 61] {
        past.shop.pass(seconds * SECOND).await;
    }
    (sold, past)
}

/// The worker closes an order whose time is over.
async fn close_by_time(step: Step, work: &CallAndCommit) {
    by_both_apis(async |api| {
        let (sold, past) = overdue(api).await;
        let mut program = past.hands_over().await;
        program.is_killed_at(step, (work, 1), async {}).await;
        let shop = program.becomes_shop().await;
        shop.pass(TAKEN_UP).await;
        sold.is_closed(&shop).await;
        assert_eq!(sold.buyer.order(&sold.order).await["closeReason"], "expired");
        shop.ends().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn close_by_time_before_the_call() {
    close_by_time(Step::BeforeTheCall, &CLOSE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn close_by_time_after_the_call() {
    close_by_time(Step::AfterTheCall, &CLOSE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn close_by_time_before_the_commit() {
    close_by_time(Step::BeforeTheCommit, &CLOSE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn close_by_time_after_the_commit() {
    close_by_time(Step::AfterTheCommit, &CLOSE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn close_by_time_before_the_commit_that_gives_back() {
    close_by_time(Step::BeforeTheCommit, &GIVE_BACK).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn close_by_time_after_the_commit_that_gives_back() {
    close_by_time(Step::AfterTheCommit, &GIVE_BACK).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn close_by_time_before_the_call_and_paid_while_it_is_dead() {
    by_both_apis(async |api| {
        let (sold, past) = overdue(api).await;
        past.shop.always("notice", "drop").await;
        let mut program = past.hands_over().await;
        program.is_killed_at(Step::BeforeTheCall, (&CLOSE, 1), async {}).await;
        program.pays(&sold.code).await;
        let shop = program.becomes_shop().await;
        shop.pass(TAKEN_UP).await;
        sold.is_paid(&shop).await;
        shop.ends().await;
    })
    .await;
}

/// The buyer cancels the order, gets no answer, and does not ask again.
async fn close_by_the_buyer(step: Step, work: &CallAndCommit) {
    by_both_apis(async |api| {
        let past = PastShop::of(api, NOW).await;
        let sold = asked_for(&past.shop).await;
        let mut program = past.hands_over().await;
        let path = format!("/api/order/{}/cancel", sold.id());
        program
            .is_killed_at(step, (work, 1), sent_without_answer(sold.buyer.request(Method::PUT, &path)))
            .await;
        let shop = program.becomes_shop().await;
        shop.pass(HOUR).await;
        sold.is_closed(&shop).await;
        shop.ends().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn close_by_the_buyer_before_the_call() {
    close_by_the_buyer(Step::BeforeTheCall, &CLOSE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn close_by_the_buyer_after_the_call() {
    close_by_the_buyer(Step::AfterTheCall, &CLOSE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn close_by_the_buyer_before_the_commit() {
    close_by_the_buyer(Step::BeforeTheCommit, &CLOSE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn close_by_the_buyer_after_the_commit() {
    close_by_the_buyer(Step::AfterTheCommit, &CLOSE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn close_by_the_buyer_before_the_commit_that_gives_back() {
    close_by_the_buyer(Step::BeforeTheCommit, &GIVE_BACK).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn close_by_the_buyer_after_the_commit_that_gives_back() {
    close_by_the_buyer(Step::AfterTheCommit, &GIVE_BACK).await;
}
