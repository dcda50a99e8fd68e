//! Bills of the actual transactions.

use std::io::Read as _;

use serde_json::json;

use crate::support::v3::V3;
use crate::support::{Shop, Sign, client};

const DAY: u32 = 86_400;

/// Yesterday has two payments of v2, one of v3, and two refunds, one of them abnormal.
async fn after_a_day() -> Shop {
    let shop = Shop::open().await;
    for number in ["A1", "A2"] {
        shop.paid(number).await;
    }
    V3::of(&shop).native(&shop, "V00003").await;
    shop.pay_number("V00003").await;
    shop.prepay("unpaid").await;
    shop.advance(3600).await;
    shop.refund("A1", "R1", "40").await;
    shop.faults(json!([{ "on": "refund", "kind": "ends_abnormal", "times": 1 }])).await;
    shop.refund("A2", "R2", "101").await;
    shop.advance(DAY).await;
    shop
}

/// A client whose clock has that time.
fn the_day_after(shop: &Shop) -> V3 {
    let v3 = V3::of(shop);
    V3 { now_s: v3.now_s + 3600 + i64::from(DAY), ..v3 }
}

async fn bill(shop: &Shop, more: &[(&str, &str)]) -> String {
    let mut own = client::fields(&[("bill_date", "20260923")]);
    own.extend(client::fields(more));
    shop.raw("/pay/downloadbill", client::signed(own, Sign::Md5)).await.unwrap().text().await.unwrap()
}

/// Header, rows and summary, each split into cells.
fn cells(text: &str) -> Vec<Vec<String>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    assert!(text.ends_with("\r\n"));
    let lines = text.trim_end().split("\r\n");
    lines
        .map(|line| match line.strip_prefix('`') {
            Some(row) => row.split(",`").map(str::to_owned).collect(),
            None => line.split(',').map(str::to_owned).collect(),
        })
        .collect()
}

fn cell<'a>(table: &'a [Vec<String>], row: usize, column: &str) -> &'a str {
    let index = table[0].iter().position(|name| name == column).unwrap();
    &table[row][index]
}

#[tokio::test]
async fn the_bill_of_a_day() {
    let shop = after_a_day().await;
    let text = bill(&shop, &[("bill_type", "ALL")]).await;
    let table = cells(&text);
    assert_eq!(table.len(), 1 + 5 + 2);
    assert_eq!(table[0].len(), 27);
    assert_eq!(
        [
            cell(&table, 1, "交易时间"),
            cell(&table, 1, "订单金额"),
            cell(&table, 1, "手续费"),
            cell(&table, 1, "费率")
        ],
        ["2026-09-23 15:30:00", "1.01", "0.01000", "0.60%"]
    );
    let refunded = |row| {
        ["交易状态", "商户退款单号", "申请退款金额", "退款状态", "订单金额"]
            .map(|column| cell(&table, row, column))
    };
    assert_eq!(refunded(4), ["REFUND", "R1", "0.40", "SUCCESS", "0.00"]);
    assert_eq!(refunded(5), ["REFUND", "R2", "1.01", "CHANGE", "0.00"]);
    assert_eq!(table[6][0], "总交易单数");
    assert_eq!(table[7], ["5", "3.03", "1.41", "0.00", "0.02000", "3.03", "1.41"]);
    let success = cells(&bill(&shop, &[("bill_type", "SUCCESS")]).await);
    assert_eq!((success.len(), success[0].len()), (1 + 3 + 2, 20));
    let refunds = cells(&bill(&shop, &[("bill_type", "REFUND")]).await);
    assert_eq!((refunds.len(), refunds[0].len()), (1 + 2 + 2, 29));
    assert_eq!(cell(&refunds, 1, "退款成功时间"), "2026-09-23 16:30:01");
}

#[tokio::test]
async fn a_bill_in_gzip() {
    let shop = after_a_day().await;
    let own = client::fields(&[("bill_date", "20260923"), ("bill_type", "ALL"), ("tar_type", "GZIP")]);
    let response = shop.raw("/pay/downloadbill", client::signed(own, Sign::Hmac)).await.unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(&*response.bytes().await.unwrap()).read_to_string(&mut text).unwrap();
    assert_eq!(text, bill(&shop, &[]).await);
}

#[tokio::test]
async fn days_without_a_bill() {
    let shop = after_a_day().await;
    for date in ["20260922", "20260924", "20260925"] {
        let told = client::read(&bill(&shop, &[("bill_date", date)]).await);
        assert_eq!((&*told["return_code"], &*told["return_msg"]), ("FAIL", "No Bill Exist"));
        assert!(!told.contains_key("sign"));
    }
    assert_eq!(client::read(&bill(&shop, &[("bill_type", "X")]).await)["return_msg"], "invalid bill_type");
    assert_eq!(
        client::read(&bill(&shop, &[("bill_date", "2026-09-23")]).await)["return_msg"],
        "data format error"
    );
    let v3 = the_day_after(&shop);
    let told = v3.get(&shop, "/v3/bill/tradebill?bill_date=2026-09-22").await;
    assert_eq!((told.status, &told.json()["code"]), (400, &json!("NO_STATEMENT_EXIST")));
    shop.faults(json!([{ "on": "downloadbill", "kind": "bill_creating", "times": 2 }])).await;
    assert_eq!(client::read(&bill(&shop, &[]).await)["return_msg"], "Bill Creating");
    let told = v3.get(&shop, "/v3/bill/tradebill?bill_date=2026-09-23").await;
    assert_eq!(told.json()["code"], "STATEMENT_CREATING");
}

#[tokio::test]
async fn v3_gives_a_link_and_a_hash() {
    let shop = after_a_day().await;
    let v3 = the_day_after(&shop);
    let told = v3.get(&shop, "/v3/bill/tradebill?bill_date=2026-09-23&bill_type=ALL").await.json();
    assert_eq!(told["hash_type"], "SHA1");
    let url = told["download_url"].as_str().unwrap();
    let target = url.strip_prefix(&shop.url("")).unwrap();
    let file = v3.get(&shop, target).await;
    assert_eq!(file.text, bill(&shop, &[]).await);
    assert!(!file.headers.contains_key("wechatpay-signature"));
    let digest =
        aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, file.text.as_bytes());
    let hash: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(told["hash_value"], hash);
    assert_eq!(shop.http.get(url).send().await.unwrap().status(), 401);
    shop.advance(300).await;
    let late = V3 { now_s: v3.now_s + 300, ..V3::of(&shop) };
    assert_eq!(late.get(&shop, target).await.status, 400);
}

#[tokio::test]
async fn the_money_of_a_day() {
    let shop = after_a_day().await;
    let own =
        |sign| client::signed(client::fields(&[("bill_date", "20260923"), ("account_type", "Basic")]), sign);
    let told = shop.raw("/pay/downloadfundflow", own(Sign::Md5)).await.unwrap().text().await.unwrap();
    assert_eq!(client::read(&told)["return_msg"], "SIGN ERROR");
    let text = shop.raw("/pay/downloadfundflow", own(Sign::Hmac)).await.unwrap().text().await.unwrap();
    let table = cells(&text);
    assert_eq!(table[0].len(), 11);
    let (last, summary) = (table.len() - 3, table.last().unwrap());
    assert_eq!(
        cell(&table, last, "账户结余(元)"),
        "1.60",
        "3.03 came, 1.41 went back, 0.03 and -0.01 were fees"
    );
    assert_eq!(summary, &["9", "4", "3.04", "5", "1.44"]);
    let v3 = the_day_after(&shop);
    let told = v3.get(&shop, "/v3/bill/fundflowbill?bill_date=2026-09-23").await.json();
    let file =
        v3.get(&shop, told["download_url"].as_str().unwrap().strip_prefix(&shop.url("")).unwrap()).await;
    assert_eq!(file.text, text);
}

#[tokio::test]
async fn every_planted_error_is_in_the_bill() {
    let shop = after_a_day().await;
    let whole = bill(&shop, &[]).await;
    let honest = cells(&whole);
    let spoilt = async |kind: &str, number: Option<&str>| {
        let mut fault = json!({ "on": "downloadbill", "kind": kind, "times": 1 });
        if let Some(number) = number {
            fault["out_trade_no"] = number.into();
        }
        shop.faults(json!([fault])).await;
        bill(&shop, &[]).await
    };
    let numbers = |table: &[Vec<String>]| -> Vec<String> {
        (1..table.len() - 2).map(|row| cell(table, row, "商户订单号").to_owned()).collect()
    };
    let missing = cells(&spoilt("bill_row_missing", Some("A2")).await);
    assert_eq!((missing.len(), &*numbers(&missing)[1]), (honest.len() - 1, "V00003"));
    let extra = cells(&spoilt("bill_row_extra", None).await);
    assert!(numbers(&extra).last().unwrap().starts_with("STRANGER"));
    let twice = cells(&spoilt("bill_row_twice", Some("V00003")).await);
    assert_eq!(numbers(&twice).iter().filter(|number| *number == "V00003").count(), 2);
    let amount = cells(&spoilt("bill_wrong_amount", Some("A1")).await);
    assert_eq!((cell(&amount, 1, "订单金额"), &*amount.last().unwrap()[1]), ("2.01", "4.03"));
    let summary = cells(&spoilt("bill_wrong_summary", None).await);
    assert_eq!((numbers(&summary), &*summary.last().unwrap()[0]), (numbers(&honest), "6"));
    let reordered = cells(&spoilt("bill_columns_reordered", None).await);
    assert!(reordered[0] != honest[0] && numbers(&reordered) == numbers(&honest));
    let truncated = spoilt("bill_truncated", None).await;
    assert!(truncated.len() < whole.len() && whole.starts_with(&truncated));
    let v3 = the_day_after(&shop);
    let honest = v3.get(&shop, "/v3/bill/tradebill?bill_date=2026-09-23").await.json();
    shop.faults(json!([{ "on": "trade_bill", "kind": "bill_wrong_hash", "times": 1 }])).await;
    let lie = v3.get(&shop, "/v3/bill/tradebill?bill_date=2026-09-23").await.json();
    assert_ne!(lie["hash_value"], honest["hash_value"]);
}
