//! A buyer's orders, newest first.

use super::{COLUMNS, Order};
use crate::domain::status::{OrderState, PayType};
use crate::infra::db::{DbError, Tx, Value, params};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderFilter {
    All,
    In(OrderState),
}

#[derive(Clone, Debug)]
pub struct OrderPage {
    /// Rows of all pages.
    pub total: i64,
    pub list: Vec<Order>,
}

/// `page` counts from 1.
pub async fn page_for_user(
    tx: &mut Tx<'_>,
    username: &str,
    filter: OrderFilter,
    page: i64,
    size: i64,
) -> Result<OrderPage, DbError> {
    let (status, values) = filter_clause(filter);
    let mut row: Vec<Value<'_>> = params![username].to_vec();
    row.extend(values);
    let from = format!("from tb_order where username = ? and is_delete = '0'{status}");
    let total = tx.required_row::<(i64,)>(&format!("select count(*) {from}"), &row).await?.0;
    row.extend([Value::from(size), Value::from((page - 1) * size)]);
    let list = tx.rows(&format!("select {COLUMNS} {from} order by id desc limit ? offset ?"), &row).await?;
    Ok(OrderPage { total, list })
}

fn filter_clause(filter: OrderFilter) -> (String, Vec<Value<'static>>) {
    let OrderFilter::In(state) = filter else {
        return (String::new(), Vec::new());
    };
    let mut parts = Vec::new();
    let mut values = Vec::new();
    for pay_type in [PayType::Online, PayType::OnDelivery] {
        if let Some(letters) = state.letters(pay_type) {
            parts.push("(pay_type = ? and order_status = ? and pay_status = ? and consign_status = ?)");
            values.extend([pay_type.word(), letters.order, letters.pay, letters.consign].map(Value::from));
        }
    }
    (format!(" and ({})", parts.join(" or ")), values)
}
