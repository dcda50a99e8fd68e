//! Notices of API v3. The content is encrypted, and each delivery is signed anew.

use serde_json::{Value, json};

use super::{aead, query, response};
use crate::faults::Falsification;
use crate::keys::KeyRing;
use crate::state::SimulatorState;
use crate::timestamp;
use crate::trade::refund::RefundEnding;
use crate::trade::terms::PlatformKeyKind;
use crate::trade::{Payment, Refund, Trade};
use crate::v2::refund_notice::RECEIVER;

/// The content of a notice before encryption.
#[derive(Debug, Clone)]
pub struct V3NoticeContent {
    event_type: &'static str,
    summary: &'static str,
    /// The type, which is also the associated data.
    original_type: &'static str,
    created_ms: i64,
    /// 32 letters and digits for the id and the nonce, stored so that all copies are equal.
    nonce: String,
    plain: Value,
    mch_id: String,
    key_kind: PlatformKeyKind,
}

/// Builds the notice of a payment.
pub fn payment_notice(trade: &Trade, payment: &Payment, key_kind: PlatformKeyKind) -> V3NoticeContent {
    // The notice shows the trade at the time of the payment, without later refunds.
    let then = Trade { refunds: Vec::new(), ..trade.clone() };
    V3NoticeContent {
        event_type: "TRANSACTION.SUCCESS",
        summary: "支付成功",
        original_type: "transaction",
        created_ms: payment.paid_ms,
        nonce: payment.nonce.clone(),
        plain: query::describe(&then, payment.paid_ms),
        mch_id: trade.order.merchant.mch_id.clone(),
        key_kind,
    }
}

/// Builds the notice of a refund's end.
pub fn refund_notice(trade: &Trade, refund: &Refund, key_kind: PlatformKeyKind) -> V3NoticeContent {
    let (event_type, summary) = match refund.request.ending {
        RefundEnding::Success => ("REFUND.SUCCESS", "退款成功"),
        RefundEnding::Abnormal => ("REFUND.ABNORMAL", "退款异常"),
        RefundEnding::Closed => ("REFUND.CLOSED", "退款关闭"),
    };
    V3NoticeContent {
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
    let (total, fee) = (trade.paid_amount(), refund.request.amount);
    let mut body = json!({
        "mchid": trade.order.merchant.mch_id,
        "out_trade_no": trade.order.out_trade_no,
        "transaction_id": trade.transaction_id(),
        "out_refund_no": refund.request.out_refund_no,
        "refund_id": refund.refund_id,
        "refund_status": refund.state(refund.ends_ms).v3_status(),
        "user_received_account": RECEIVER,
        "amount": {
            "total": total, "refund": fee, "payer_total": trade.paid_cash(), "payer_refund": refund.cash,
        },
    });
    if let Some(at_ms) = refund.success_ms(refund.ends_ms) {
        body["success_time"] = timestamp::v3(at_ms).into();
    }
    body
}

impl V3NoticeContent {
    /// The headers and body of one delivery, falsified if a fault asks for it.
    pub fn message(
        &self,
        state: &SimulatorState,
        falsification: Option<Falsification>,
    ) -> (Vec<(&'static str, String)>, String) {
        let body = self.body(state.keys(), falsification);
        let signer = state.keys().notice_signer(self.key_kind);
        let mut headers = response::seal(state, body.as_bytes(), &signer, falsification);
        headers.push(("content-type", "application/json".to_owned()));
        (headers, body)
    }

    fn body(&self, keys: &KeyRing, falsification: Option<Falsification>) -> String {
        let key = keys.account(&self.mch_id).map(|account| account.keys.api_v3_key.clone());
        let mut plain = self.plain.clone();
        if let Some(falsification) = falsification {
            query::falsify(&mut plain, falsification);
        }
        let nonce = self.nonce[..12].to_lowercase();
        let text = plain.to_string();
        let key = key.unwrap_or_default();
        let ciphertext = aead::encrypt_text(text.as_bytes(), &key, &nonce, self.original_type);
        let is_tampered = falsification == Some(Falsification::BadCiphertext);
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

    /// The id of the notice: 36 characters.
    fn id(&self) -> String {
        let nonce = self.nonce.to_lowercase();
        let parts = [&nonce[..8], &nonce[8..12], &nonce[12..16], &nonce[16..20], &nonce[20..32]];
        parts.join("-")
    }
}
