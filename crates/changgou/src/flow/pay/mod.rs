//! Gives the buyer a code to pay with. The attempt is stored before WeChat is asked for
//! the code, so that even the earliest notice finds it.

mod code;
mod open;

use crate::domain::clock::UtcMs;
use crate::domain::id::{OrderId, SkuId};
use crate::domain::message::PaymentMessage;
use crate::domain::money::Fen;
use crate::domain::refusal::Refusal;
use crate::flow::attempt::{AttemptEnd, confirm_close};
use crate::flow::{App, Outcome};
use crate::infra::gateway::{PaymentCode, protocol_for};
use crate::infra::settings::Protocol;
use crate::store::payment::attempt::Attempt;

pub(in crate::flow) use crate::flow::attempt::wechat_unavailable as unavailable;

/// How many attempts are tried before the buyer is told to come back later.
const ROUNDS: usize = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayMethod {
    /// A QR code for the order, from either API.
    Code,
    /// A scan of this SKU's own QR code, answered with a `prepay_id`: only API v2 gives one.
    Scan(SkuId),
}

impl PayMethod {
    fn can_use(self, attempt: &Attempt) -> bool {
        match self {
            PayMethod::Code => true,
            PayMethod::Scan(_) => protocol_for(&attempt.sign_type) == Protocol::V2,
        }
    }

    /// The signature type of a new attempt.
    fn sign_type(self, app: &App) -> &str {
        match self {
            PayMethod::Code => app.gateway.sign_type_for_new_payments(),
            PayMethod::Scan(_) => &app.settings.wechat_sign_type,
        }
    }
}

#[derive(Clone, Debug)]
pub struct PaymentOffer {
    /// The text of the QR code, or the `prepay_id`.
    pub code: PaymentCode,
    pub out_trade_no: String,
    pub total_fee: Fen,
    /// Until when the order may be paid.
    pub pay_by: Option<UtcMs>,
}

enum CodeAttempt {
    Ready(PaymentOffer),
    /// The attempt can no longer be used; a new one may work.
    Retry,
}

/// The code to pay this order with. It stays the same while it is valid.
pub async fn prepare_payment(
    app: &App,
    username: &str,
    id: &OrderId,
    client_ip: &str,
) -> Outcome<PaymentOffer> {
    prepare_payment_by(app, username, id, client_ip, PayMethod::Code).await
}

/// The same for one way to pay.
pub async fn prepare_payment_by(
    app: &App,
    username: &str,
    id: &OrderId,
    client_ip: &str,
    by: PayMethod,
) -> Outcome<PaymentOffer> {
    for _ in 0..ROUNDS {
        let (order, attempt) = open::find_or_open_attempt(app, username, id, client_ip, by).await?;
        if !by.can_use(&attempt) {
            retire(app, &attempt).await?;
            continue;
        }
        match code::get_code(app, &order, attempt).await? {
            CodeAttempt::Ready(offer) => return Ok(offer),
            CodeAttempt::Retry => {}
        }
    }
    Err(unavailable().into())
}

/// Ends an attempt that cannot be used. It may have been paid before, so WeChat has to
/// confirm.
async fn retire(app: &App, attempt: &Attempt) -> Outcome<()> {
    match confirm_close(app, attempt).await? {
        AttemptEnd::Over => Ok(()),
        AttemptEnd::Unclear => Err(unavailable().into()),
    }
}

fn already_paid() -> Refusal {
    Refusal::new(PaymentMessage::AlreadyPaid)
}
