//! WeChat's bills in the shop's terms: a day's payments and refunds, and how
//! the merchant's balance changed. Lines come as they arrive; a bill is proven
//! only when its last line was read, so nothing may be done for a line before.

use wechatpay::bill::{
    BillAccount, BillCompression, BillFile, BillKind, BillStatus, FundFlowBill, FundFlowRow, TradeBill,
    TradeRow,
};
use wechatpay::v2::{self, SignType};
use wechatpay::v3;

use super::{Gateway, protocol_of};
use crate::domain::clock::UtcMs;
use crate::domain::day::Day;
use crate::domain::money::Fen;
use crate::infra::settings::Protocol;

/// Lines that are handed on together.
const TOGETHER: usize = 1000;

/// What came of asking for a bill.
#[derive(Debug)]
pub enum Bill {
    /// Its lines can be read.
    Ready(Box<BillLines>),
    /// Nothing happened on that day.
    Empty,
    /// It is still being made: ask again in half an hour.
    Creating,
    /// It cannot be had now, for this reason.
    Unavailable(String),
}

/// What a line of a bill tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LineKind {
    /// A buyer paid.
    Payment,
    /// Money goes back to a buyer.
    Refund,
    /// The balance rose by a payment.
    FlowPay,
    /// The balance changed by WeChat's fee.
    FlowFee,
    /// The balance fell by a refund.
    FlowRefund,
    /// The balance changed by something else, such as a withdrawal.
    FlowOther,
}

impl LineKind {
    const ALL: [LineKind; 6] = [
        LineKind::Payment,
        LineKind::Refund,
        LineKind::FlowPay,
        LineKind::FlowFee,
        LineKind::FlowRefund,
        LineKind::FlowOther,
    ];

    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            LineKind::Payment => "payment",
            LineKind::Refund => "refund",
            LineKind::FlowPay => "flow_pay",
            LineKind::FlowFee => "flow_fee",
            LineKind::FlowRefund => "flow_refund",
            LineKind::FlowOther => "flow_other",
        }
    }

    /// The kind a word of the database stands for.
    pub fn read(word: &str) -> Option<LineKind> {
        LineKind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// Which way the money went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// To the merchant.
    Came,
    /// From the merchant.
    Went,
}

/// A line of a bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillLine {
    /// What it tells of.
    pub kind: LineKind,
    /// Which way the money went.
    pub way: Way,
    /// Our number of the payment or refund; for other changes WeChat's voucher.
    pub ours_no: String,
    /// WeChat's number of the payment or refund.
    pub theirs_no: String,
    /// A refund: the attempt whose money it is.
    pub out_trade_no: String,
    /// A refund's status (`SUCCESS`, `PROCESSING`, `FAIL`, `CHANGE`) or a change's kind, as WeChat writes it.
    pub word: String,
    /// What the order cost, what was to go back, or by how much the balance changed, in fen.
    pub amount: Fen,
    /// What of it the merchant is settled, in fen.
    pub settled: Fen,
    /// WeChat's fee in hundred-thousandths of a yuan; negative when given back.
    pub fee: i64,
    /// The fee's rate as it is written, such as `0.60%`.
    pub rate: String,
    /// When it happened.
    pub at: UtcMs,
}

/// A bill that is not whole, does not add up or did not arrive: none of it counts.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadBill(String);

/// The lines of a bill as they arrive, in bounded memory.
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
    fn of(file: BillFile, reader: Reader) -> Box<BillLines> {
        Box::new(BillLines { file, reader, waiting: Vec::new() })
    }

    /// The next thousand lines or so. None are given only at the end, and then
    /// the whole bill is proven: unpacked, hashed and added up.
    ///
    /// # Errors
    /// [`BadBill`]: nothing that was given before counts.
    pub async fn next(&mut self) -> Result<Vec<BillLine>, BadBill> {
        while self.waiting.len() < TOGETHER && !matches!(self.reader, Reader::Done) {
            match self.file.chunk().await.map_err(bad)? {
                Some(bytes) => self.read(&bytes)?,
                None => self.finish()?,
            }
        }
        Ok(std::mem::take(&mut self.waiting))
    }

    fn read(&mut self, bytes: &[u8]) -> Result<(), BadBill> {
        match &mut self.reader {
            Reader::Trade(bill) => {
                self.waiting.extend(bill.push(bytes).map_err(bad)?.into_iter().map(traded))
            }
            Reader::FundFlow(bill) => {
                self.waiting.extend(bill.push(bytes).map_err(bad)?.into_iter().map(flowed))
            }
            Reader::Done => {}
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), BadBill> {
        match std::mem::replace(&mut self.reader, Reader::Done) {
            Reader::Trade(bill) => bill.finish().map(drop).map_err(bad),
            Reader::FundFlow(bill) => bill.finish().map(drop).map_err(bad),
            Reader::Done => Ok(()),
        }
    }
}

impl Gateway {
    /// The payments and refunds of a day, of either API: by the one new payments take.
    pub async fn trade_bill(&self, day: Day, pinned: &str) -> Bill {
        let lines = |file| BillLines::of(file, Reader::Trade(TradeBill::new()));
        match self.accounts() {
            (Some(client), _) => {
                let sign_type = pinned.parse().unwrap_or(SignType::HmacSha256);
                let asked = client.download_bill(day.date(), BillKind::All, BillCompression::Gzip, sign_type);
                fetched(asked.await, lines)
            }
            (None, Some(client)) => {
                let link = client.trade_bill_link(day.date(), BillKind::All, BillCompression::Gzip).await;
                fetched(linked(client, link).await, lines)
            }
            (None, None) => Bill::Unavailable("no key of WeChat Pay is set".to_owned()),
        }
    }

    /// Who gives bills. A bill of v3 has a hash that WeChat signs, so it is not asked for by v2 where v3 is spoken.
    fn accounts(&self) -> (Option<&v2::V2Client>, Option<&v3::V3Client>) {
        match (protocol_of(&self.pin), &self.v3) {
            (Protocol::V3, Some(client)) => (None, Some(client)),
            (Protocol::V2 | Protocol::V3, either) => (self.v2.as_ref(), either.as_ref()),
        }
    }

    /// How the merchant's balance changed on a day.
    pub async fn fund_flow_bill(&self, day: Day) -> Bill {
        let lines = |file| BillLines::of(file, Reader::FundFlow(FundFlowBill::new()));
        match self.accounts() {
            (Some(client), _) => {
                let asked = client.download_fund_flow(day.date(), BillAccount::Basic, BillCompression::Gzip);
                fetched(asked.await, lines)
            }
            (None, Some(client)) => {
                let link =
                    client.fund_flow_bill_link(day.date(), BillAccount::Basic, BillCompression::Gzip).await;
                fetched(linked(client, link).await, lines)
            }
            (None, None) => Bill::Unavailable("no key of WeChat Pay is set".to_owned()),
        }
    }
}

/// The file a link of API v3 leads to.
async fn linked(
    client: &v3::V3Client,
    link: Result<BillStatus<v3::BillLink>, v3::V3CallError>,
) -> Result<BillStatus<BillFile>, v3::V3CallError> {
    Ok(match link? {
        BillStatus::Ready(link) => BillStatus::Ready(client.download_bill_file(&link).await?),
        BillStatus::NoBill => BillStatus::NoBill,
        BillStatus::Creating => BillStatus::Creating,
    })
}

fn fetched(
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

fn bad(error: impl std::fmt::Display) -> BadBill {
    BadBill(error.to_string())
}

fn traded(row: TradeRow) -> BillLine {
    let (at, fee, rate) = (UtcMs(row.time), row.fee, row.rate);
    match row.refund {
        None => BillLine {
            kind: LineKind::Payment,
            way: Way::Came,
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
            way: Way::Went,
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

fn flowed(row: FundFlowRow) -> BillLine {
    let kind = match row.business_type.as_str() {
        "交易" => LineKind::FlowPay,
        "退款" => LineKind::FlowRefund,
        "扣除交易手续费" | "返还交易手续费" => LineKind::FlowFee,
        _ => LineKind::FlowOther,
    };
    BillLine {
        kind,
        way: match row.direction {
            wechatpay::bill::FundFlowDirection::Income => Way::Came,
            wechatpay::bill::FundFlowDirection::Expense => Way::Went,
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
