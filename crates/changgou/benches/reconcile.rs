//! How much time and memory a long bill takes: `cargo bench --bench reconcile`.
//! A number behind `--` says how long it is, a million lines unless told. A small server
//! plays WeChat and makes the bills as they are read.

use std::convert::Infallible;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::routing::post;
use changgou::cli::serve::{self, RunningShop, Worker};
use changgou::domain::clock::{Clock, UtcMs};
use changgou::domain::day::Day;
use changgou::flow::reconcile;
use changgou::infra::db::{DbError, Tx, Value};
use changgou::infra::settings::{Settings, WechatAccount};

/// Lines made together.
const CHUNK: u64 = 1000;

const TRADES: &str = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,\
    货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,\
    手续费,费率,订单金额,申请退款金额,费率备注\r\n";

const FLOWS: &str = "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,\
    备注,业务凭证号\r\n";

fn main() {
    let lines = std::env::args().find_map(|arg| arg.parse().ok()).unwrap_or(1_000_000);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(measure(lines));
}

async fn measure(lines: u64) {
    let folder = std::env::temp_dir().join(format!("changgou-bill-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let (day, running) = open(&folder, lines).await;
    fill(&running, day, lines).await;
    let (before, began) = (peak_kib(), Instant::now());
    let report = reconcile::reconcile(&running.app, day).await.expect("it is compared");
    let (took, trade) = (began.elapsed(), report.trade.expect("a trade bill").sums);
    println!(
        "{} lines, {} agree, {} differences, {:?}",
        trade.rows, trade.agreed, report.open, report.fund_flow
    );
    println!("{took:.1?}; peak memory {before} KiB before, {} KiB after", peak_kib());
    running.stop().await.expect("it stops");
    std::fs::remove_dir_all(folder).expect("the folder is our own");
}

async fn open(folder: &std::path::Path, lines: u64) -> (Day, RunningShop) {
    let day: Day = "2026-11-23".parse().expect("a day");
    let trades = move || async move { trades(lines) };
    let flows = move || async move { flows(lines) };
    let bills = Router::new().route("/pay/downloadbill", post(trades));
    let bills = bills.route("/pay/downloadfundflow", post(flows));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base_url = format!("http://{}", listener.local_addr().expect("its address"));
    tokio::spawn(async move { axum::serve(listener, bills).await });
    let merchant = wechatpay_simulator::Merchant::demo();
    let settings = Settings {
        listen: ([127, 0, 0, 1], 0).into(),
        database_url: format!("sqlite://{}", folder.join("shop.db").display()),
        demo: false,
        wechat: Some(WechatAccount {
            appid: merchant.appid,
            mch_id: merchant.mch_id,
            api_key: Some(merchant.api_key),
            api_key_old: None,
            v3: None,
            base_url,
            backup_url: None,
            certificate: None,
        }),
        ..Settings::defaults()
    };
    let clock = Clock::manual(UtcMs(day.bill_available_at().0));
    (day, serve::start(settings, clock, Worker::Called).await.expect("the shop starts"))
}

/// Our own books: each line is a payment of ours.
async fn fill(running: &RunningShop, day: Day, lines: u64) {
    for first in (0..lines).step_by(5000) {
        let (from, to) = (first, (first + 5000).min(lines));
        let paid = day.start().0 + 3_600_000;
        let write = async move |tx: &mut Tx<'_>| {
            let row = |nth: u64| -> [Value<'static>; 10] {
                let text = |text: String| Value::from(text);
                [
                    text(format!("{nth:019}")),
                    text(format!("NO.{nth}")),
                    text("v2".to_owned()),
                    text("MD5".to_owned()),
                    Value::Int(1000),
                    text("paid".to_owned()),
                    text(String::new()),
                    text(format!("{nth:028}")),
                    Value::Int(paid),
                    Value::Int(paid),
                ]
            };
            let rows: Vec<[Value<'static>; 10]> = (from..to).map(row).collect();
            let rows: Vec<&[Value<'_>]> = rows.iter().map(<[_; 10]>::as_slice).collect();
            let head = "insert into payment_attempt (out_trade_no, order_id, protocol, sign_type, total_fee, state, \
                        request, transaction_id, paid_ms, created_ms)";
            tx.insert_many(head, &rows).await
        };
        running.app.db.write::<(), DbError, _>(write).await.expect("our books are written");
    }
}

fn trades(lines: u64) -> Body {
    let line = |nth: u64| {
        format!(
            "`2026-11-23 01:00:00,`wx1,`1900000109,`0,`,`{nth:028},`{nth:019},`o,`NATIVE,`SUCCESS,`OTHERS,`CNY,`10.00,\
             `0.00,`0,`0,`0.00,`0.00,`,`,`货,`,`0.06000,`0.60%,`10.00,`0.00,`\r\n"
        )
    };
    let sum = format!(
        "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额\r\n\
         `{lines},`{0}.00,`0.00,`0.00,`0.00000,`{0}.00,`0.00\r\n",
        lines * 10
    );
    streamed(TRADES, lines, line, sum)
}

/// Two changes of the balance for each payment: the money and the fee.
fn flows(lines: u64) -> Body {
    let line = |nth: u64| {
        format!(
            "`2026-11-23 01:00:00,`{nth:028},`{nth},`交易,`交易,`收入,`10.00,`10.00,`system,`,`{nth:019}\r\n\
             `2026-11-23 01:00:00,`{nth:028},`{nth}f,`交易,`扣除交易手续费,`支出,`0.06,`9.94,`system,`,`{nth:019}\r\n"
        )
    };
    let fees = lines * 6;
    let sum = format!(
        "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额\r\n`{},`{lines},`{}.00,`{lines},`{}.{:02}\r\n",
        lines * 2,
        lines * 10,
        fees / 100,
        fees % 100
    );
    streamed(FLOWS, lines, line, sum)
}

fn streamed(head: &'static str, lines: u64, line: fn(u64) -> String, sum: String) -> Body {
    let rows =
        (0..lines).step_by(1000).map(move |first| (first..(first + CHUNK).min(lines)).map(line).collect());
    let text = std::iter::once(format!("\u{feff}{head}")).chain(rows).chain(std::iter::once(sum));
    Body::from_stream(tokio_stream::iter(text.map(Ok::<String, Infallible>)))
}

/// The most memory the process had so far.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or(0)
}
