//! Bills in WeChat's format.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use wechatpay::bill::{BillError, TradeBill, TradeRow, TradeTotals};

pub const HEADING: &str = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,\
    付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,\
    商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注";
pub const PAID: &str = "`2026-01-01 10:00:00,`wx8888888888888888,`1900000109,`0,`,`4200000000202601010000000001,\
    `NO_1,`oUpF8uMuAJO_M2pxb1Q9zNjWeS6o,`NATIVE,`SUCCESS,`OTHERS,`CNY,`9.90,`0.00,`0,`0,`0.00,`0.00,`,`,\
    `畅购-手机, 白色`,`,`0.05940,`0.60%,`10.00,`0.00,`";
pub const REFUNDED: &str = "`2026-01-01 11:00:00,`wx8888888888888888,`1900000109,`0,`,`4200000000202601010000000002,\
    `NO_2,`oUpF8uMuAJO_M2pxb1Q9zNjWeS6o,`NATIVE,`REFUND,`OTHERS,`CNY,`0.00,`0.00,`50000000382019,`R_1,`1.00,\
    `0.01,`ORIGINAL,`SUCCESS,`畅购,`a,`-0.00600,`0.60%,`0.00,`1.01,`";
pub const SUMMARY: &str =
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额";
pub const SUMS: &str = "`2,`9.90,`1.00,`0.01,`0.05000,`10.00,`1.01";

pub fn bill(lines: &[&str]) -> String {
    format!("\u{feff}{}\r\n", lines.join("\r\n"))
}

pub fn good() -> String {
    bill(&[HEADING, PAID, REFUNDED, SUMMARY, SUMS])
}

/// Reads a bill in pieces of `size` bytes.
pub fn read(text: &[u8], size: usize) -> Result<(Vec<TradeRow>, TradeTotals), BillError> {
    let (mut reader, mut rows) = (TradeBill::new(), Vec::new());
    for piece in text.chunks(size) {
        rows.extend(reader.push(piece)?);
    }
    reader.finish().map(|totals| (rows, totals))
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
