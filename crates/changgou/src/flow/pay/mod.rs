//! Getting an order paid: an attempt is written down before WeChat is asked,
//! so that no answer, however early or late, finds nothing to belong to.

mod code;
mod open;

use crate::domain::clock::UtcMs;
use crate::domain::id::{OrderId, SkuId};
use crate::domain::money::Fen;
use crate::domain::refusal::{Reason, Refusal};
use crate::flow::attempt::{AttemptEnd, confirm_close};
use crate::flow::{App, Outcome};
use crate::infra::gateway::{PaymentCode, protocol_of};
use crate::infra::settings::Protocol;
use crate::store::payment::attempt::Attempt;

pub(in crate::flow) use crate::flow::attempt::wechat_unavailable as unavailable;

/// How often two callers may find a spent attempt before they are told to come back.
const ROUNDS: usize = 3;

/// PayMethod what a buyer comes to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayMethod {
    /// A code of the order, whichever API makes it.
    Code,
    /// A scan of this SKU's own code, which is answered with a `prepay_id`: API v2 alone tells one.
    Scan(SkuId),
}

impl PayMethod {
    /// Whether the buyer can pay by this attempt.
    fn can_use(self, attempt: &Attempt) -> bool {
        match self {
            PayMethod::Code => true,
            PayMethod::Scan(_) => protocol_of(&attempt.sign_type) == Protocol::V2,
        }
    }

    /// The signature of a fresh attempt.
    fn pin(self, app: &App) -> &str {
        match self {
            PayMethod::Code => app.gateway.pin(),
            PayMethod::Scan(_) => &app.settings.wechat_sign_type,
        }
    }
}

/// How a buyer pays an order now.
#[derive(Clone, Debug)]
pub struct PaymentOffer {
    /// The text of the QR code, and what goes with it.
    pub code: PaymentCode,
    /// The attempt's own number.
    pub out_trade_no: String,
    /// What is asked for, in fen.
    pub total_fee: Fen,
    /// Until when the order may be paid.
    pub pay_by: Option<UtcMs>,
}

/// What came of one try to show a code.
enum CodeAttempt {
    Ready(PaymentOffer),
    /// The attempt was spent; a fresh one may do.
    Retry,
}

/// The code by which a buyer pays this order; the same for everyone who asks
/// while it is good.
pub async fn prepare(app: &App, username: &str, id: &OrderId, client_ip: &str) -> Outcome<PaymentOffer> {
    prepare_by(app, username, id, client_ip, PayMethod::Code).await
}

/// The same for a buyer who comes to pay by this.
pub async fn prepare_by(
    app: &App,
    username: &str,
    id: &OrderId,
    client_ip: &str,
    by: PayMethod,
) -> Outcome<PaymentOffer> {
    for _ in 0..ROUNDS {
        let (order, attempt) = open::live_attempt(app, username, id, client_ip, by).await?;
        if !by.can_use(&attempt) {
            retire(app, &attempt).await?;
            continue;
        }
        match code::code_for(app, &order, attempt).await? {
            CodeAttempt::Ready(ticket) => return Ok(ticket),
            CodeAttempt::Retry => {}
        }
    }
    Err(unavailable().into())
}

/// A spent attempt may have been paid before it was spent: WeChat is asked
/// before it is given up.
async fn retire(app: &App, attempt: &Attempt) -> Outcome<()> {
    match confirm_close(app, attempt).await? {
        AttemptEnd::Over => Ok(()),
        AttemptEnd::Unclear => Err(unavailable().into()),
    }
}

fn already_paid() -> Refusal {
    Refusal::new(Reason::AlreadyPaid, "订单已支付", "The order is paid already.")
}
