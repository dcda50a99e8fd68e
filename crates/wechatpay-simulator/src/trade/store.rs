//! All trades, indexed by number, code and transaction.

use std::collections::{BTreeMap, HashMap};

use super::payment::{self, PayError, Payer};
use super::refund::{self, Refund, RefundError, RefundRule};
use super::{PaymentCode, Trade, TradeStatus, TradeStatusAt};

/// The maximum number of trades. The oldest finished ones are removed first.
pub const MAX_TRADES: usize = 100_000;

/// How many finished trades are removed at once, so that the cost per trade stays low.
const SWEEP: usize = MAX_TRADES / 100;

/// The position of a trade by age.
type Serial = u64;

/// The trades. Holds at most [`MAX_TRADES`].
#[derive(Debug, Default)]
pub struct TradeStore {
    next: Serial,
    trades: BTreeMap<Serial, Trade>,
    numbers: HashMap<String, Vec<Serial>>,
    codes: HashMap<String, Serial>,
    prepay_ids: HashMap<String, Serial>,
    transactions: HashMap<String, Serial>,
    /// By merchant number and refund number.
    refunds: HashMap<(String, String), Serial>,
    refund_ids: HashMap<String, Serial>,
}

/// The store is full of unfinished trades.
#[derive(Debug, PartialEq, Eq)]
pub struct TradeStoreFull;

/// How a trade is selected.
#[derive(Debug, Clone, Copy)]
pub enum TradeSelector<'a> {
    /// By the content of the QR code.
    Code(&'a str),
    /// By the merchant's order number.
    Number(&'a str),
}

/// Whether a request is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Submission {
    /// The request is new.
    First,
    /// The request repeats an earlier one.
    Again,
}

fn repeated(
    trade: &Trade,
    made: &Refund,
    out_trade_no: &str,
    request: &refund::RefundRequest,
) -> Result<(Trade, Refund, Submission), RefundError> {
    if trade.order.out_trade_no != out_trade_no {
        return Err(RefundError::NumberTaken);
    }
    if made.request.amount != request.amount {
        return Err(RefundError::AmountDiffers);
    }
    Ok((trade.clone(), made.clone(), Submission::Again))
}

impl TradeStore {
    /// All trades, newest first.
    pub fn newest(&self) -> impl Iterator<Item = &Trade> {
        self.trades.values().rev()
    }

    /// All trades, oldest first.
    pub fn oldest(&self) -> impl Iterator<Item = &Trade> {
        self.trades.values()
    }

    /// The trades of all merchants with this number.
    pub fn with_out_trade_no<'a>(&'a self, out_trade_no: &str) -> impl Iterator<Item = &'a Trade> {
        self.numbers.get(out_trade_no).into_iter().flatten().filter_map(|serial| self.trades.get(serial))
    }

    /// The merchant's trade with this number.
    pub fn find_trade(&self, mch_id: &str, out_trade_no: &str) -> Option<&Trade> {
        self.with_out_trade_no(out_trade_no).find(|trade| trade.order.merchant.mch_id == mch_id)
    }

    /// The trade with this `transaction_id`.
    pub fn by_transaction_id(&self, transaction_id: &str) -> Option<&Trade> {
        self.transactions.get(transaction_id).and_then(|serial| self.trades.get(serial))
    }

    /// The trade with this current `prepay_id`.
    pub fn by_prepay_id(&self, prepay_id: &str) -> Option<&Trade> {
        self.prepay_ids.get(prepay_id).and_then(|serial| self.trades.get(serial))
    }

    /// The merchant's refund with this number, and its trade.
    pub fn refund(&self, mch_id: &str, out_refund_no: &str) -> Option<(&Trade, &Refund)> {
        let serial = self.refunds.get(&(mch_id.to_owned(), out_refund_no.to_owned()))?;
        self.refund_in(*serial, |refund| refund.request.out_refund_no == out_refund_no)
    }

    /// The refund with this `refund_id`, and its trade.
    pub fn by_refund_id(&self, refund_id: &str) -> Option<(&Trade, &Refund)> {
        self.refund_in(*self.refund_ids.get(refund_id)?, |refund| refund.refund_id == refund_id)
    }

    /// The selected trade, in any state.
    pub fn find(&self, which: TradeSelector<'_>) -> Result<&Trade, PayError> {
        self.trades.get(&self.serial(which)?).ok_or(PayError::Unknown)
    }

    /// Adds a trade with a new number.
    pub fn add(&mut self, trade: Trade, now_ms: i64) -> Result<(), TradeStoreFull> {
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

    /// Replaces the code of a trade. The old code becomes invalid.
    pub fn renew_code(&mut self, mch_id: &str, out_trade_no: &str, code: PaymentCode) {
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

    /// Changes the API key in all trades of a merchant.
    pub fn change_api_key(&mut self, mch_id: &str, api_key: &str) {
        for trade in self.trades.values_mut().filter(|trade| trade.order.merchant.mch_id == mch_id) {
            trade.order.merchant.api_key = api_key.to_owned();
        }
    }

    /// Closes a trade. The caller has checked that it is unpaid.
    pub fn close(&mut self, mch_id: &str, out_trade_no: &str) {
        let serial = self.serial_of_merchant(mch_id, out_trade_no);
        if let Some(trade) = serial.and_then(|serial| self.trades.get_mut(&serial)) {
            trade.status = TradeStatus::Closed;
        }
    }

    /// Pays a trade and returns it.
    pub fn pay(&mut self, which: TradeSelector<'_>, payer: &Payer, now_ms: i64) -> Result<Trade, PayError> {
        let serial = self.serial(which)?;
        let trade = self.trades.get_mut(&serial).ok_or(PayError::Unknown)?;
        payment::pay(trade, payer, now_ms)?;
        if let TradeStatus::Paid(payment) = &trade.status {
            self.transactions.insert(payment.transaction_id.clone(), serial);
        }
        Ok(trade.clone())
    }

    /// Refunds a trade. Repeating the same refund changes nothing.
    pub fn add_refund(
        &mut self,
        (mch_id, out_trade_no): (&str, &str),
        request: refund::RefundRequest,
        rule: RefundRule,
        now_ms: i64,
    ) -> Result<(Trade, Refund, Submission), RefundError> {
        if let Some((trade, made)) = self.refund(mch_id, &request.out_refund_no) {
            return repeated(trade, made, out_trade_no, &request);
        }
        let serial = self.serial_of_merchant(mch_id, out_trade_no).ok_or(RefundError::NotPaid)?;
        let trade = self.trades.get_mut(&serial).ok_or(RefundError::NotPaid)?;
        let made = refund::accept(trade, request, rule, now_ms)?;
        trade.refunds.push(made.clone());
        self.refunds.insert((mch_id.to_owned(), made.request.out_refund_no.clone()), serial);
        self.refund_ids.insert(made.refund_id.clone(), serial);
        Ok((trade.clone(), made, Submission::First))
    }

    /// Restarts an abnormal refund.
    pub fn retry_refund(
        &mut self,
        (mch_id, out_refund_no): (&str, &str),
        takes_ms: i64,
        now_ms: i64,
    ) -> Option<(Trade, Refund)> {
        let serial = *self.refunds.get(&(mch_id.to_owned(), out_refund_no.to_owned()))?;
        let trade = self.trades.get_mut(&serial)?;
        let made = trade.refunds.iter_mut().find(|refund| refund.request.out_refund_no == out_refund_no)?;
        made.restart(takes_ms, now_ms)?;
        let made = made.clone();
        Some((trade.clone(), made))
    }

    fn refund_in(&self, serial: Serial, is_match: impl Fn(&Refund) -> bool) -> Option<(&Trade, &Refund)> {
        let trade = self.trades.get(&serial)?;
        Some((trade, trade.refunds.iter().find(|refund| is_match(refund))?))
    }

    fn serial(&self, which: TradeSelector<'_>) -> Result<Serial, PayError> {
        match which {
            TradeSelector::Code(url) => self.codes.get(url).copied().ok_or(PayError::Unknown),
            TradeSelector::Number(number) => match self.numbers.get(number).map(Vec::as_slice) {
                Some([serial]) => Ok(*serial),
                Some([_, ..]) => Err(PayError::Ambiguous),
                Some([]) | None => Err(PayError::Unknown),
            },
        }
    }

    fn serial_of_merchant(&self, mch_id: &str, out_trade_no: &str) -> Option<Serial> {
        let is_own = |serial: &&Serial| {
            self.trades.get(serial).is_some_and(|trade| trade.order.merchant.mch_id == mch_id)
        };
        self.numbers.get(out_trade_no)?.iter().find(is_own).copied()
    }

    fn sweep(&mut self, now_ms: i64) -> Result<(), TradeStoreFull> {
        let is_finished = |trade: &Trade| !matches!(trade.status_at(now_ms), TradeStatusAt::Waiting);
        let finished = self.trades.iter().filter(|(_, trade)| is_finished(trade));
        let oldest: Vec<Serial> = finished.take(SWEEP).map(|(serial, _)| *serial).collect();
        for serial in &oldest {
            self.forget(*serial);
        }
        if oldest.is_empty() { Err(TradeStoreFull) } else { Ok(()) }
    }

    fn forget(&mut self, serial: Serial) {
        let Some(trade) = self.trades.remove(&serial) else {
            return;
        };
        self.codes.remove(&trade.code.url);
        self.prepay_ids.remove(&trade.code.prepay_id);
        if let TradeStatus::Paid(payment) = &trade.status {
            self.transactions.remove(&payment.transaction_id);
        }
        for refund in &trade.refunds {
            let mch_id = trade.order.merchant.mch_id.clone();
            self.refunds.remove(&(mch_id, refund.request.out_refund_no.clone()));
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
