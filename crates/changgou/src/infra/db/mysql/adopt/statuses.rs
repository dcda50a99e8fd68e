//! Status letters that no order of ours can have become those that mean the
//! same; what they were is written down.

use super::rows::ORDER;
use super::step::{AdoptionStep, StepWork};
use crate::domain::status::{CompletionTime, OrderState, PayType, StatusLetters, adopted};
use crate::infra::db::{DbError, FromRow, Row, Tx};

/// A combination of letters that stands in the table.
struct Combination {
    pay_type: String,
    order: String,
    pay: String,
    consign: String,
    over: i64,
}

impl FromRow for Combination {
    fn from_row(row: &mut Row<'_>) -> Result<Combination, DbError> {
        Ok(Combination {
            pay_type: row.take()?,
            order: row.take()?,
            pay: row.take()?,
            consign: row.take()?,
            over: row.take()?,
        })
    }
}

/// The step for the combinations that are there now.
pub(super) async fn step(tx: &mut Tx<'_>) -> Result<AdoptionStep, DbError> {
    let sql = "select coalesce(pay_type, '1'), coalesce(order_status, '0'), coalesce(pay_status, '0'), \
        coalesce(consign_status, '0'), end_time is not null from tb_order group by 1, 2, 3, 4, 5";
    let there: Vec<Combination> = tx.rows(sql, &[]).await?;
    let sql = there.iter().filter_map(Combination::becomes).flatten().collect();
    let words = "orders: status letters of the Java shop become those that mean the same".to_owned();
    Ok(AdoptionStep { words, table: "tb_order", work: StepWork::Each { name: "letters", key: ORDER.1, sql } })
}

impl Combination {
    /// The statements that change it, if it must change.
    fn becomes(&self) -> Option<[String; 2]> {
        let Combination { pay_type, order, pay, consign, over } = self;
        let letters = StatusLetters { order, pay, consign };
        let known = PayType::read(pay_type);
        if known.is_some_and(|known| OrderState::read(known, letters).is_ok()) {
            return None;
        }
        let (to_type, state) =
            adopted(pay_type, letters, if *over == 1 { CompletionTime::Noted } else { CompletionTime::None });
        let to = state.letters(to_type)?;
        let quoted = |text: &str| text.replace('\\', "\\\\").replace('\'', "''");
        let [of_type, of_order, of_pay, of_consign] =
            [pay_type, order, pay, consign].map(|text| quoted(text));
        let which = format!(
            "{{in id}} and pay_type = '{of_type}' and order_status = '{of_order}' and pay_status = '{of_pay}' \
             and consign_status = '{of_consign}' and (end_time is not null) = {over}"
        );
        let note = format!(
            "insert ignore into adoption_note (kind, ref, detail) select 'letters', id, 'pay_type {of_type}, \
             order_status {of_order}, pay_status {of_pay}, consign_status {of_consign} became {}, {}, {}, {}' \
             from tb_order where {which}",
            to_type.letter(),
            to.order,
            to.pay,
            to.consign
        );
        let change = format!(
            "update tb_order set pay_type = '{}', order_status = '{}', pay_status = '{}', consign_status = '{}' \
             where {which}",
            to_type.letter(),
            to.order,
            to.pay,
            to.consign
        );
        Some([note, change])
    }
}
