//! Replaces status letters that no order of ours can have by equivalent ones, and records the old ones.

use super::rows::ORDER;
use super::step::{AdoptionStep, StepWork};
use crate::domain::status::{CompletionTime, OrderState, PayType, StatusLetters, adopted};
use crate::infra::db::{DbError, Tx, from_row};

/// A combination of letters in the table.
struct Combination {
    pay_type: String,
    order: String,
    pay: String,
    consign: String,
    ended: i64,
}

from_row! { Combination { pay_type, order, pay, consign, ended } }

pub(super) async fn step(tx: &mut Tx<'_>) -> Result<AdoptionStep, DbError> {
    let sql = "select coalesce(pay_type, '1') as pay_type, coalesce(order_status, '0') as `order`, \
        coalesce(pay_status, '0') as pay, coalesce(consign_status, '0') as consign, \
        end_time is not null as ended from tb_order group by 1, 2, 3, 4, 5";
    let there: Vec<Combination> = tx.rows(sql, &[]).await?;
    let sql = there.iter().filter_map(Combination::becomes).flatten().collect();
    let words = "orders: status letters of the Java shop become those that mean the same".to_owned();
    Ok(AdoptionStep { words, table: "tb_order", work: StepWork::Each { name: "letters", key: ORDER.1, sql } })
}

impl Combination {
    /// The statements that change it; `None` if it is valid.
    fn becomes(&self) -> Option<[String; 2]> {
        let Combination { pay_type, order, pay, consign, ended } = self;
        let letters = StatusLetters { order, pay, consign };
        let known = PayType::parse(pay_type);
        if known.is_some_and(|known| OrderState::read(known, letters).is_ok()) {
            return None;
        }
        let (to_type, state) = adopted(
            pay_type,
            letters,
            if *ended == 1 { CompletionTime::Noted } else { CompletionTime::None },
        );
        let to = state.letters(to_type)?;
        let quoted = |text: &str| text.replace('\\', "\\\\").replace('\'', "''");
        let [of_type, of_order, of_pay, of_consign] =
            [pay_type, order, pay, consign].map(|text| quoted(text));
        let which = format!(
            "{{in id}} and pay_type = '{of_type}' and order_status = '{of_order}' and pay_status = '{of_pay}' \
             and consign_status = '{of_consign}' and (end_time is not null) = {ended}"
        );
        let note = format!(
            "insert ignore into adoption_note (kind, ref, detail) select 'letters', id, 'pay_type {of_type}, \
             order_status {of_order}, pay_status {of_pay}, consign_status {of_consign} became {}, {}, {}, {}' \
             from tb_order where {which}",
            to_type.word(),
            to.order,
            to.pay,
            to.consign
        );
        let change = format!(
            "update tb_order set pay_type = '{}', order_status = '{}', pay_status = '{}', consign_status = '{}' \
             where {which}",
            to_type.word(),
            to.order,
            to.pay,
            to.consign
        );
        Some([note, change])
    }
}
