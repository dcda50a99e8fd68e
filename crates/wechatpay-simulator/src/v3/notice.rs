//! Notices of API v3: what matters is encrypted, and the whole is signed anew for each delivery.

use serde_json::{Value, json};

use super::{aead, query, response};
use crate::faults::Falsehood;
use crate::keys::KeyRing;
use crate::state::World;
use crate::timestamp;
use crate::trade::refund::Course;
use crate::trade::terms::KeyKind;
use crate::trade::{Payment, Refund, Trade};
use crate::v2::refund_notice::RECEIVER;

/// What is told, before it is hidden.
#[derive(Debug, Clone)]
pub struct Event {
    event_type: &'static str,
    summary: &'static str,
    /// Also the associated data.
    original_type: &'static str,
    created_ms: i64,
    /// 32 letters and digits from which the id and the nonce are made, so that each copy is the very same.
    nonce: String,
    plain: Value,
    mch_id: String,
    key_kind: KeyKind,
}

/// The notice of a payment.
pub fn of_payment(trade: &Trade, payment: &Payment, key_kind: KeyKind) -> Event {
    // A refund made since does not change what happened then.
    let then = Trade { refunds: Vec::new(), ..trade.clone() };
    Event {
        event_type: "TRANSACTION.SUCCESS",
        summary: "支付成功",
        original_type: "transaction",
        created_ms: payment.paid_ms,
        nonce: payment.nonce.clone(),
        plain: query::tell(&then, payment.paid_ms),
        mch_id: trade.order.merchant.mch_id.clone(),
        key_kind,
    }
}

/// The notice of how a refund ends.
pub fn of_refund(trade: &Trade, refund: &Refund, key_kind: KeyKind) -> Event {
    let (event_type, summary) = match refund.wish.course {
        Course::Succeeds => ("REFUND.SUCCESS", "退款成功"),
        Course::Sticks => ("REFUND.ABNORMAL", "退款异常"),
        Course::Closes => ("REFUND.CLOSED", "退款关闭"),
    };
    Event {
        event_type,
        summary,
        original_type: "refund",
        created_ms: refund.ends_ms,
        nonce: refund.nonce.clone(),
        plain: plain_refund(trade, refund),
        mch_id: trade.order.merchant.mch_id.clone(),
        key_kind,
    }
}

fn plain_refund(trade: &Trade, refund: &Refund) -> Value {
    let (total, fee) = (trade.paid_amount(), refund.wish.amount);
    let mut told = json!({
        "mchid": trade.order.merchant.mch_id,
        "out_trade_no": trade.order.out_trade_no,
        "transaction_id": trade.transaction_id(),
        "out_refund_no": refund.wish.out_refund_no,
        "refund_id": refund.refund_id,
        "refund_status": refund.state(refund.ends_ms).v3(),
        "user_received_account": RECEIVER,
        "amount": {
            "total": total, "refund": fee, "payer_total": trade.paid_cash(), "payer_refund": refund.cash,
        },
    });
    if let Some(at_ms) = refund.success_ms(refund.ends_ms) {
        told["success_time"] = timestamp::v3(at_ms).into();
    }
    told
}

impl Event {
    /// Headers and body of one delivery, perhaps a false one.
    pub fn sheet(
        &self,
        world: &World,
        falsehood: Option<Falsehood>,
    ) -> (Vec<(&'static str, String)>, String) {
        let body = self.body(world.keys(), falsehood);
        let signer = world.keys().notice_signer(self.key_kind);
        let mut headers = response::seal(world, body.as_bytes(), &signer, falsehood);
        headers.push(("content-type", "application/json".to_owned()));
        (headers, body)
    }

    fn body(&self, keys: &KeyRing, falsehood: Option<Falsehood>) -> String {
        let key = keys.account(&self.mch_id).map(|account| account.shown.api_v3_key.clone());
        let mut plain = self.plain.clone();
        if let Some(falsehood) = falsehood {
            query::falsify(&mut plain, falsehood);
        }
        let nonce = self.nonce[..12].to_lowercase();
        let text = plain.to_string();
        let key = key.unwrap_or_default();
        let ciphertext = aead::conceal(text.as_bytes(), &key, &nonce, self.original_type);
        let is_tampered = falsehood == Some(Falsehood::BadCiphertext);
        let body = json!({
            "id": self.id(),
            "create_time": timestamp::v3(self.created_ms),
            "resource_type": "encrypt-resource",
            "event_type": self.event_type,
            "summary": self.summary,
            "resource": {
                "original_type": self.original_type,
                "algorithm": "AEAD_AES_256_GCM",
                "ciphertext": if is_tampered { aead::tampered(&ciphertext) } else { ciphertext },
                "associated_data": self.original_type,
                "nonce": nonce,
            },
        });
        body.to_string()
    }

    /// 36 characters.
    fn id(&self) -> String {
        let nonce = self.nonce.to_lowercase();
        let parts = [&nonce[..8], &nonce[8..12], &nonce[12..16], &nonce[16..20], &nonce[20..32]];
        parts.join("-")
    }
}
