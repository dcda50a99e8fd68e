//! All trades, found by number, code or transaction.

use std::collections::{BTreeMap, HashMap};

use super::payment::{self, PayRefusal, Payer};
use super::{Code, Fate, Standing, Trade};

/// Trades kept; beyond it the oldest finished ones are forgotten.
pub const MAX_TRADES: usize = 100_000;

/// Finished trades forgotten at once, so that making room costs little per trade.
const SWEEP: usize = MAX_TRADES / 100;

/// Age rank of a trade.
type Serial = u64;

/// Holds at most [`MAX_TRADES`].
#[derive(Debug, Default)]
pub struct Book {
    next: Serial,
    trades: BTreeMap<Serial, Trade>,
    numbers: HashMap<String, Vec<Serial>>,
    codes: HashMap<String, Serial>,
    transactions: HashMap<String, Serial>,
}

/// The book is full of trades that still wait.
#[derive(Debug, PartialEq, Eq)]
pub struct Full;

/// How a trade is named.
#[derive(Debug, Clone, Copy)]
pub enum Which<'a> {
    /// By the code on the merchant's screen.
    Code(&'a str),
    /// By the merchant's number.
    Number(&'a str),
}

impl Book {
    /// Newest first.
    pub fn newest(&self) -> impl Iterator<Item = &Trade> {
        self.trades.values().rev()
    }

    /// Every merchant's trade of this number.
    pub fn numbered<'a>(&'a self, out_trade_no: &str) -> impl Iterator<Item = &'a Trade> {
        self.numbers.get(out_trade_no).into_iter().flatten().filter_map(|serial| self.trades.get(serial))
    }

    /// The merchant's trade of this number.
    pub fn of_merchant(&self, mch_id: &str, out_trade_no: &str) -> Option<&Trade> {
        self.numbered(out_trade_no).find(|trade| trade.order.merchant.mch_id == mch_id)
    }

    /// The trade that `transaction_id` paid.
    pub fn by_transaction(&self, transaction_id: &str) -> Option<&Trade> {
        self.transactions.get(transaction_id).and_then(|serial| self.trades.get(serial))
    }

    /// The trade so named, whatever became of it.
    pub fn find(&self, which: Which<'_>) -> Result<&Trade, PayRefusal> {
        self.trades.get(&self.serial(which)?).ok_or(PayRefusal::Unknown)
    }

    /// Adds a trade whose number its merchant has not used.
    pub fn add(&mut self, trade: Trade, now_ms: i64) -> Result<(), Full> {
        if self.trades.len() >= MAX_TRADES {
            self.sweep(now_ms)?;
        }
        let serial = self.next;
        self.next += 1;
        self.codes.insert(trade.code.url.clone(), serial);
        self.numbers.entry(trade.order.out_trade_no.clone()).or_default().push(serial);
        self.trades.insert(serial, trade);
        Ok(())
    }

    /// Replaces the code of a trade; the old one finds nothing any more.
    pub fn renew_code(&mut self, mch_id: &str, out_trade_no: &str, code: Code) {
        let Some(serial) = self.serial_of_merchant(mch_id, out_trade_no) else {
            return;
        };
        let Some(trade) = self.trades.get_mut(&serial) else {
            return;
        };
        self.codes.remove(&trade.code.url);
        self.codes.insert(code.url.clone(), serial);
        trade.code = code;
    }

    /// Closes a trade; the caller has seen that it waits.
    pub fn close(&mut self, mch_id: &str, out_trade_no: &str) {
        let serial = self.serial_of_merchant(mch_id, out_trade_no);
        if let Some(trade) = serial.and_then(|serial| self.trades.get_mut(&serial)) {
            trade.fate = Fate::Closed;
        }
    }

    /// Pays a trade and shows it.
    pub fn pay(&mut self, which: Which<'_>, payer: &Payer, now_ms: i64) -> Result<Trade, PayRefusal> {
        let serial = self.serial(which)?;
        let trade = self.trades.get_mut(&serial).ok_or(PayRefusal::Unknown)?;
        payment::pay(trade, payer, now_ms)?;
        if let Fate::Paid(payment) = &trade.fate {
            self.transactions.insert(payment.transaction_id.clone(), serial);
        }
        Ok(trade.clone())
    }

    fn serial(&self, which: Which<'_>) -> Result<Serial, PayRefusal> {
        match which {
            Which::Code(url) => self.codes.get(url).copied().ok_or(PayRefusal::Unknown),
            Which::Number(number) => match self.numbers.get(number).map(Vec::as_slice) {
                Some([serial]) => Ok(*serial),
                Some([_, ..]) => Err(PayRefusal::Ambiguous),
                Some([]) | None => Err(PayRefusal::Unknown),
            },
        }
    }

    fn serial_of_merchant(&self, mch_id: &str, out_trade_no: &str) -> Option<Serial> {
        let is_his = |serial: &&Serial| {
            self.trades.get(serial).is_some_and(|trade| trade.order.merchant.mch_id == mch_id)
        };
        self.numbers.get(out_trade_no)?.iter().find(is_his).copied()
    }

    fn sweep(&mut self, now_ms: i64) -> Result<(), Full> {
        let is_finished = |trade: &Trade| !matches!(trade.standing(now_ms), Standing::Waiting);
        let finished = self.trades.iter().filter(|(_, trade)| is_finished(trade));
        let oldest: Vec<Serial> = finished.take(SWEEP).map(|(serial, _)| *serial).collect();
        for serial in &oldest {
            self.forget(*serial);
        }
        if oldest.is_empty() { Err(Full) } else { Ok(()) }
    }

    fn forget(&mut self, serial: Serial) {
        let Some(trade) = self.trades.remove(&serial) else {
            return;
        };
        self.codes.remove(&trade.code.url);
        if let Fate::Paid(payment) = &trade.fate {
            self.transactions.remove(&payment.transaction_id);
        }
        if let Some(serials) = self.numbers.get_mut(&trade.order.out_trade_no) {
            serials.retain(|other| *other != serial);
        }
        if self.numbers.get(&trade.order.out_trade_no).is_some_and(Vec::is_empty) {
            self.numbers.remove(&trade.order.out_trade_no);
        }
    }
}
