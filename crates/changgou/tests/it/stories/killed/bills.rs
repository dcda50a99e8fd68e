//! The program is killed while it compares a day with WeChat's bills. Comparing the day again gives the same report
//! and leaves nothing behind.

use std::time::Duration;

use changgou::domain::clock::Clock;
use changgou::domain::day::Day;
use changgou::flow::due_work;
use changgou::infra::settings::Protocol;
use serde_json::{Value, json};

use crate::support::killable::{CallAndCommit, KillableProgram, PastShop, Step, amounts_match_wechat};
use crate::support::shop::{Person, Shop};
use crate::support::wechat::text;
use crate::support::wechat_proxy::{Call, ProxyFault};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

const LINES: &str = "select count(*) from bill_row";

/// The query for a payment that only the bill shows.
const MEND: CallAndCommit = CallAndCommit {
    call: Call::OrderQuery,
    writes: &["payment_attempt"],
    done: "select count(*) - 1 from tb_order where pay_status = '1'",
    next: &["reconcile_difference", "reconcile_run"],
};

/// The fund-flow bill, after the lines of the trade bill are stored.
const FUND_FLOW: CallAndCommit = CallAndCommit {
    call: Call::FundFlow,
    writes: &["reconcile_run"],
    done: "select count(*) from reconcile_run where bill = 'fund_flow'",
    next: &[],
};

/// Two orders were paid on a day, and the shop knows of one payment.
struct Sold {
    buyers: Vec<Person>,
    orders: Vec<Value>,
    sku: String,
    day: String,
}

/// What the day's report says of the second payment.
enum Mended {
    /// A difference that the second run resolved.
    Now,
    /// A difference that was resolved before the kill.
    Before,
    /// Nothing: it was settled before the difference was recorded.
    Unnoted,
}

impl Sold {
    async fn at(shop: &Shop) -> Sold {
        let (buyers, sku) = (shop.people(2).await.1, shop.sku(10).await);
        let mut orders = Vec::new();
        for buyer in &buyers {
            let order = buyer.buys(&sku, 1).await;
            let code = buyer.asks_for_code(&order).await;
            shop.phone_pays(&text(&code["code_url"])).await;
            orders.push(order);
            shop.always("pay_notice", "drop").await;
        }
        assert!(buyers[0].is_paid(&orders[0]).await && !buyers[1].is_paid(&orders[1]).await);
        Sold { buyers, orders, sku, day: Day::containing(shop.clock.now()).to_string() }
    }

    /// The command compares the day again, with the same result as without the kill.
    async fn ends_well(&self, program: KillableProgram, mended: Mended) {
        let again = program.runs(&["reconcile", "--json", "--date", &self.day]).await;
        let report: Value = serde_json::from_slice(&again.stdout).expect("a report");
        assert_eq!((again.status.code(), &report["verdict"]), (Some(0), &json!("clean")), "{report:#}");
        let (resolved, agreed) = match mended {
            Mended::Now => (1, 1),
            Mended::Before => (1, 2),
            Mended::Unnoted => (0, 2),
        };
        assert_eq!(report["resolved"], resolved, "{report:#}");
        assert_eq!((&report["trade"]["rows"], &report["trade"]["agreed"]), (&json!(2), &json!(agreed)));
        assert_eq!(program.database.count(LINES).await, 0, "no line is left behind");
        let shop = program.becomes_shop().await;
        self.are_paid(&shop).await;
        shop.ends().await;
    }

    async fn are_paid(&self, shop: &Shop) {
        for (buyer, order) in self.buyers.iter().zip(&self.orders) {
            assert!(buyer.is_paid(order).await);
            assert_eq!(buyer.history(order).await, ["placed", "paid"]);
        }
        assert_eq!(self.buyers[0].stock_of(&self.sku).await, (8, 2));
        amounts_match_wechat(shop).await;
    }
}

/// Days ago, and not near midnight in Beijing, so that all sales of a test are on one day.
fn days_ago(days: u32) -> Duration {
    const APART: Duration = Duration::from_secs(1800);
    let beijing = Clock::System.now().plus(Duration::from_secs(8 * 3600));
    let passed = Duration::from_millis(beijing.0.unsigned_abs()).as_secs() % DAY.as_secs();
    match Duration::from_secs(passed) {
        early if early < APART => days * DAY - APART,
        late if late > DAY - APART => days * DAY + APART,
        _ => days * DAY,
    }
}

/// Yesterday's sales, and a program that runs `changgou reconcile`.
async fn yesterday() -> (Sold, KillableProgram) {
    let past = PastShop::of(Protocol::V2, days_ago(1)).await;
    let sold = Sold::at(&past.shop).await;
    let mut program = past.hands_over().await;
    program.sets_command(&["reconcile", "--date", &sold.day]);
    (sold, program)
}

/// A bill of many unknown payments that never ends.
fn long_bill() -> String {
    let head = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,\
                货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,\
                商户数据包,手续费,费率,订单金额,申请退款金额,费率备注\r\n";
    let line = |nth: u32| {
        format!(
            "`2026-11-23 01:00:00,`wx1,`1900000109,`0,`,`{nth:028},`{nth:019},`o,`NATIVE,`SUCCESS,`OTHERS,`CNY,`10.00,\
             `0.00,`0,`0,`0.00,`0.00,`,`,`货,`,`0.06000,`0.60%,`10.00,`0.00,`\r\n"
        )
    };
    [head.to_owned()].into_iter().chain((0..1500).map(line)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn half_of_a_bill_stored() {
    let (sold, mut program) = yesterday().await;
    program.proxy.sets_fault(ProxyFault::CutOff("/pay/downloadbill", long_bill));
    program.starts().await;
    program.is_killed_after(("select count(*) >= 1000 from bill_row", 1), &[], || {}).await;
    program.proxy.sets_fault(ProxyFault::None);
    sold.ends_well(program, Mended::Now).await;
}

async fn mending(step: Step) {
    let (sold, mut program) = yesterday().await;
    program.is_killed_at(step, (&MEND, 1), async {}).await;
    let is_settled = step == Step::AfterTheCommit;
    sold.ends_well(program, if is_settled { Mended::Unnoted } else { Mended::Now }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mending_before_the_call() {
    mending(Step::BeforeTheCall).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mending_after_the_call() {
    mending(Step::AfterTheCall).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mending_before_the_commit() {
    mending(Step::BeforeTheCommit).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mending_after_the_commit() {
    mending(Step::AfterTheCommit).await;
}

async fn second_bill(step: Step) {
    let (sold, mut program) = yesterday().await;
    program.is_killed_at(step, (&FUND_FLOW, 1), async {}).await;
    assert!(program.database.count(LINES).await >= 2, "the first is put aside");
    sold.ends_well(program, Mended::Before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn second_bill_before_the_call() {
    second_bill(Step::BeforeTheCall).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn second_bill_after_the_call() {
    second_bill(Step::AfterTheCall).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn second_bill_before_the_commit() {
    second_bill(Step::BeforeTheCommit).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn second_bill_after_the_commit() {
    second_bill(Step::AfterTheCommit).await;
}

/// The daily job is taken up again after an hour.
#[tokio::test(flavor = "multi_thread")]
async fn morning_between_the_bills() {
    let past = PastShop::of(Protocol::V2, days_ago(2)).await;
    due_work::sweep(&past.shop.running.app).await.expect("the morning is owed");
    let sold = Sold::at(&past.shop).await;
    let mut program = past.hands_over().await;
    program.is_killed_at(Step::BeforeTheCall, (&FUND_FLOW, 1), async {}).await;
    let shop = program.becomes_shop().await;
    shop.pass(HOUR).await;
    shop.pass(HOUR).await;
    let report = shop.reconciled(&sold.day).await;
    assert_eq!((&report["verdict"], &report["trade"]["rows"]), (&json!("clean"), &json!(2)), "{report:#}");
    assert_eq!(shop.rows::<(i64,)>(LINES).await, [(0,)], "no line is left behind");
    sold.are_paid(&shop).await;
    shop.ends().await;
}
