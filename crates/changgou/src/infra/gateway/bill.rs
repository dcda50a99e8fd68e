//! WeChat's bills: the payments and refunds of a day, and the changes of the merchant's balance. Lines
//! are read as they arrive. A bill is verified only at its end, so no line may have an effect before.

use wechatpay::bill::{
    BillAccount, BillCompression, BillFile, BillKind, BillStatus, FundFlowBill, FundFlowRow, TradeBill,
    TradeRow,
};
use wechatpay::v2::{self, SignType};
use wechatpay::v3;

use super::{Gateway, protocol_for};
use crate::domain::clock::UtcMs;
use crate::domain::day::Day;
use crate::domain::money::Fen;
use crate::domain::words::word_enum;
use crate::infra::settings::Protocol;

/// Lines per batch.
const LINES_PER_BATCH: usize = 1000;

/// The result of requesting a bill.
#[derive(Debug)]
pub enum Bill {
    Ready(Box<BillLines>),
    Empty,
    /// Not ready yet: ask again in half an hour.
    Creating,
    /// Not available now, for this reason.
    Unavailable(String),
}

word_enum! {
    pub enum LineKind {
        /// A payment.
        Payment = "payment",
        /// A refund.
        Refund = "refund",
        /// Income from a payment.
        FlowPay = "flow_pay",
        /// WeChat's fee, taken or returned.
        FlowFee = "flow_fee",
        /// Expense for a refund.
        FlowRefund = "flow_refund",
        /// Another change of the balance, such as a withdrawal.
        FlowOther = "flow_other",
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoneyDirection {
    /// To the merchant.
    Came,
    /// From the merchant.
    Went,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillLine {
    pub kind: LineKind,
    pub way: MoneyDirection,
    /// Our `out_trade_no` or `out_refund_no`; for other changes WeChat's voucher.
    pub ours_no: String,
    /// WeChat's id of the payment or refund.
    pub theirs_no: String,
    /// For a refund: the attempt that was paid.
    pub out_trade_no: String,
    /// A refund's status (`SUCCESS`, `PROCESSING`, `FAIL`, `CHANGE`) or the kind of a balance change,
    /// in WeChat's spelling.
    pub word: String,
    /// The order's price, the refund or the change of the balance, in fen.
    pub amount: Fen,
    /// The part that is settled to the merchant, in fen.
    pub settled: Fen,
    /// WeChat's fee in hundred-thousandths of a yuan; negative if returned.
    pub fee: i64,
    /// Such as `0.60%`.
    pub rate: String,
    pub at: UtcMs,
}

/// The bill is incomplete, does not add up or was not received: none of its lines are valid.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadBill(String);

/// Reads the lines of a bill as they arrive, in bounded memory.
#[derive(Debug)]
pub struct BillLines {
    file: BillFile,
    reader: Reader,
    waiting: Vec<BillLine>,
}

#[derive(Debug)]
enum Reader {
    Trade(TradeBill),
    FundFlow(FundFlowBill),
    Done,
}

impl BillLines {
    fn boxed(file: BillFile, reader: Reader) -> Box<BillLines> {
        Box::new(BillLines { file, reader, waiting: Vec::new() })
    }

    /// The next thousand lines or so. An empty result is the end; then the whole bill is verified:
    /// unpacked, hashed and added up.
    ///
    /// # Errors
    ///
    /// [`BadBill`]: none of the lines returned before are valid.
    pub async fn next_lines(&mut self) -> Result<Vec<BillLine>, BadBill> {
        while self.waiting.len() < LINES_PER_BATCH && !matches!(self.reader, Reader::Done) {
            match self.file.chunk().await.map_err(bad_bill)? {
                Some(bytes) => self.parse_chunk(&bytes)?,
                None => self.finish()?,
            }
        }
        Ok(std::mem::take(&mut self.waiting))
    }

    fn parse_chunk(&mut self, bytes: &[u8]) -> Result<(), BadBill> {
        match &mut self.reader {
            Reader::Trade(bill) => {
                self.waiting.extend(bill.push(bytes).map_err(bad_bill)?.into_iter().map(trade_line))
            }
            Reader::FundFlow(bill) => {
                self.waiting.extend(bill.push(bytes).map_err(bad_bill)?.into_iter().map(fund_flow_line))
            }
            Reader::Done => {}
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), BadBill> {
        match std::mem::replace(&mut self.reader, Reader::Done) {
            Reader::Trade(bill) => bill.finish().map(drop).map_err(bad_bill),
            Reader::FundFlow(bill) => bill.finish().map(drop).map_err(bad_bill),
            Reader::Done => Ok(()),
        }
    }
}

impl Gateway {
    /// The payments and refunds of a day by both APIs, requested by the API of new payments.
    pub async fn trade_bill(&self, day: Day, pinned: &str) -> Bill {
        let lines = |file| BillLines::boxed(file, Reader::Trade(TradeBill::new()));
        match self.bill_clients() {
            (Some(client), _) => {
                let sign_type = pinned.parse().unwrap_or(SignType::HmacSha256);
                let asked = client.download_bill(day.date(), BillKind::All, BillCompression::Gzip, sign_type);
                to_bill(asked.await, lines)
            }
            (None, Some(client)) => {
                let link = client.trade_bill_link(day.date(), BillKind::All, BillCompression::Gzip).await;
                to_bill(download_link(client, link).await, lines)
            }
            (None, None) => Bill::Unavailable("no key of WeChat Pay is set".to_owned()),
        }
    }

    /// The clients to request bills with. Bills of v3 have a hash signed by WeChat, so v3 is preferred
    /// if new payments use it.
    fn bill_clients(&self) -> (Option<&v2::V2Client>, Option<&v3::V3Client>) {
        match (protocol_for(&self.sign_type_for_new_payments), &self.v3) {
            (Protocol::V3, Some(client)) => (None, Some(client)),
            (Protocol::V2 | Protocol::V3, either) => (self.v2.as_ref(), either.as_ref()),
        }
    }

    pub async fn fund_flow_bill(&self, day: Day) -> Bill {
        let lines = |file| BillLines::boxed(file, Reader::FundFlow(FundFlowBill::new()));
        match self.bill_clients() {
            (Some(client), _) => {
                let asked = client.download_fund_flow(day.date(), BillAccount::Basic, BillCompression::Gzip);
                to_bill(asked.await, lines)
            }
            (None, Some(client)) => {
                let link =
                    client.fund_flow_bill_link(day.date(), BillAccount::Basic, BillCompression::Gzip).await;
                to_bill(download_link(client, link).await, lines)
            }
            (None, None) => Bill::Unavailable("no key of WeChat Pay is set".to_owned()),
        }
    }
}

async fn download_link(
    client: &v3::V3Client,
    link: Result<BillStatus<v3::BillLink>, v3::V3CallError>,
) -> Result<BillStatus<BillFile>, v3::V3CallError> {
    Ok(match link? {
        BillStatus::Ready(link) => BillStatus::Ready(client.download_bill_file(&link).await?),
        BillStatus::NoBill => BillStatus::NoBill,
        BillStatus::Creating => BillStatus::Creating,
    })
}

fn to_bill(
    answer: Result<BillStatus<BillFile>, impl std::fmt::Display>,
    lines: impl FnOnce(BillFile) -> Box<BillLines>,
) -> Bill {
    match answer {
        Ok(BillStatus::Ready(file)) => Bill::Ready(lines(file)),
        Ok(BillStatus::NoBill) => Bill::Empty,
        Ok(BillStatus::Creating) => Bill::Creating,
        Err(error) => Bill::Unavailable(error.to_string()),
    }
}

fn bad_bill(error: impl std::fmt::Display) -> BadBill {
    BadBill(error.to_string())
}

fn trade_line(row: TradeRow) -> BillLine {
    let (at, fee, rate) = (UtcMs(row.time), row.fee, row.rate);
    match row.refund {
        None => BillLine {
            kind: LineKind::Payment,
            way: MoneyDirection::Came,
            ours_no: row.out_trade_no,
            theirs_no: row.transaction_id,
            out_trade_no: String::new(),
            word: row.trade_state,
            amount: Fen(row.total),
            settled: Fen(row.settlement_total),
            fee,
            rate,
            at,
        },
        Some(refund) => BillLine {
            kind: LineKind::Refund,
            way: MoneyDirection::Went,
            ours_no: refund.out_refund_no,
            theirs_no: refund.refund_id,
            out_trade_no: row.out_trade_no,
            word: refund.status,
            amount: Fen(refund.amount),
            settled: Fen(refund.settlement_amount),
            fee,
            rate,
            at,
        },
    }
}

fn fund_flow_line(row: FundFlowRow) -> BillLine {
    let kind = match row.business_type.as_str() {
        "交易" => LineKind::FlowPay,
        "退款" => LineKind::FlowRefund,
        "扣除交易手续费" | "返还交易手续费" => LineKind::FlowFee,
        _ => LineKind::FlowOther,
    };
    BillLine {
        kind,
        way: match row.direction {
            wechatpay::bill::FundFlowDirection::Income => MoneyDirection::Came,
            wechatpay::bill::FundFlowDirection::Expense => MoneyDirection::Went,
        },
        ours_no: row.voucher,
        theirs_no: row.business_no,
        out_trade_no: String::new(),
        word: row.business_type,
        amount: Fen(row.amount),
        settled: Fen(row.amount),
        fee: 0,
        rate: String::new(),
        at: UtcMs(row.time),
    }
}
