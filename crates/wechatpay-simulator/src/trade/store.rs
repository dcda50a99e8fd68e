//! All trades, found by number, code or transaction.

use std::collections::{BTreeMap, HashMap};

use super::payment::{self, PayRefusal, Payer};
use super::refund::{self, Refund, RefundRefusal, RefundRule};
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
    prepay_ids: HashMap<String, Serial>,
    transactions: HashMap<String, Serial>,
    /// By the merchant's number and his number of the refund.
    refunds: HashMap<(String, String), Serial>,
    refund_ids: HashMap<String, Serial>,
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

/// Whether a call did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// It did.
    First,
    /// It was done before.
    Again,
}

fn repeated(
    trade: &Trade,
    made: &Refund,
    out_trade_no: &str,
    wish: &refund::Wish,
) -> Result<(Trade, Refund, Repeat), RefundRefusal> {
    if trade.order.out_trade_no != out_trade_no {
        return Err(RefundRefusal::NumberTaken);
    }
    if made.wish.amount != wish.amount {
        return Err(RefundRefusal::AmountDiffers);
    }
    Ok((trade.clone(), made.clone(), Repeat::Again))
}

impl Book {
    /// Newest first.
    pub fn newest(&self) -> impl Iterator<Item = &Trade> {
        self.trades.values().rev()
    }

    /// Oldest first.
    pub fn oldest(&self) -> impl Iterator<Item = &Trade> {
        self.trades.values()
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

    /// The trade whose newest `prepay_id` this is.
    pub fn by_prepay_id(&self, prepay_id: &str) -> Option<&Trade> {
        self.prepay_ids.get(prepay_id).and_then(|serial| self.trades.get(serial))
    }

    /// The merchant's refund of this number, with its trade.
    pub fn refund(&self, mch_id: &str, out_refund_no: &str) -> Option<(&Trade, &Refund)> {
        let serial = self.refunds.get(&(mch_id.to_owned(), out_refund_no.to_owned()))?;
        self.refund_in(*serial, |refund| refund.wish.out_refund_no == out_refund_no)
    }

    /// The refund that WeChat knows by `refund_id`, with its trade.
    pub fn by_refund_id(&self, refund_id: &str) -> Option<(&Trade, &Refund)> {
        self.refund_in(*self.refund_ids.get(refund_id)?, |refund| refund.refund_id == refund_id)
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
        self.prepay_ids.insert(trade.code.prepay_id.clone(), serial);
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
        self.prepay_ids.remove(&trade.code.prepay_id);
        self.codes.insert(code.url.clone(), serial);
        self.prepay_ids.insert(code.prepay_id.clone(), serial);
        trade.code = code;
    }

    /// Everything of this merchant's is signed with another key from now on.
    pub fn change_api_key(&mut self, mch_id: &str, api_key: &str) {
        for trade in self.trades.values_mut().filter(|trade| trade.order.merchant.mch_id == mch_id) {
            trade.order.merchant.api_key = api_key.to_owned();
        }
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

    /// Refunds the merchant's trade of this number. The same refund again changes nothing.
    pub fn give_back(
        &mut self,
        (mch_id, out_trade_no): (&str, &str),
        wish: refund::Wish,
        rule: RefundRule,
        now_ms: i64,
    ) -> Result<(Trade, Refund, Repeat), RefundRefusal> {
        if let Some((trade, made)) = self.refund(mch_id, &wish.out_refund_no) {
            return repeated(trade, made, out_trade_no, &wish);
        }
        let serial = self.serial_of_merchant(mch_id, out_trade_no).ok_or(RefundRefusal::NotPaid)?;
        let trade = self.trades.get_mut(&serial).ok_or(RefundRefusal::NotPaid)?;
        let made = refund::accept(trade, wish, rule, now_ms)?;
        trade.refunds.push(made.clone());
        self.refunds.insert((mch_id.to_owned(), made.wish.out_refund_no.clone()), serial);
        self.refund_ids.insert(made.refund_id.clone(), serial);
        Ok((trade.clone(), made, Repeat::First))
    }

    /// Starts a refund anew that sticks.
    pub fn retry_refund(
        &mut self,
        (mch_id, out_refund_no): (&str, &str),
        takes_ms: i64,
        now_ms: i64,
    ) -> Option<(Trade, Refund)> {
        let serial = *self.refunds.get(&(mch_id.to_owned(), out_refund_no.to_owned()))?;
        let trade = self.trades.get_mut(&serial)?;
        let made = trade.refunds.iter_mut().find(|refund| refund.wish.out_refund_no == out_refund_no)?;
        made.restart(takes_ms, now_ms)?;
        let made = made.clone();
        Some((trade.clone(), made))
    }

    fn refund_in(&self, serial: Serial, is_it: impl Fn(&Refund) -> bool) -> Option<(&Trade, &Refund)> {
        let trade = self.trades.get(&serial)?;
        Some((trade, trade.refunds.iter().find(|refund| is_it(refund))?))
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
        self.prepay_ids.remove(&trade.code.prepay_id);
        if let Fate::Paid(payment) = &trade.fate {
            self.transactions.remove(&payment.transaction_id);
        }
        for refund in &trade.refunds {
            let mch_id = trade.order.merchant.mch_id.clone();
            self.refunds.remove(&(mch_id, refund.wish.out_refund_no.clone()));
            self.refund_ids.remove(&refund.refund_id);
        }
        if let Some(serials) = self.numbers.get_mut(&trade.order.out_trade_no) {
            serials.retain(|other| *other != serial);
        }
        if self.numbers.get(&trade.order.out_trade_no).is_some_and(Vec::is_empty) {
            self.numbers.remove(&trade.order.out_trade_no);
        }
    }
}
