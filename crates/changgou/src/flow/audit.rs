//! The conservation laws of the shop, proved on any database, live. Each law
//! is a query for the rows that break it.

use std::fmt::Write as _;

use crate::ground::db::{Db, DbError};
use crate::values::status::{OrderState, PayType};

/// Rows shown of those that break a law.
const SHOWN_MAX: usize = 20;

/// A law and what the database says about it.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The law in words.
    pub law: &'static str,
    /// What breaks it: the row's name and how.
    pub broken: Vec<(String, String)>,
}

struct Law {
    words: &'static str,
    /// Gives the name of each row that breaks the law, and how it does.
    sql: String,
}

/// Proves all laws on one snapshot.
pub async fn audit(db: &Db) -> Result<Vec<Finding>, DbError> {
    db.read(async move |tx| {
        let mut findings = Vec::new();
        for law in laws() {
            let sql = format!("{} limit {SHOWN_MAX}", law.sql);
            findings.push(Finding { law: law.words, broken: tx.rows(&sql, &[]).await? });
        }
        Ok(findings)
    })
    .await
}

fn laws() -> Vec<Law> {
    let law = |words: &'static str, sql: &str| Law { words, sql: sql.to_owned() };
    vec![
        law("stock: num and sale_num of each SKU are the sums of its movements, and num >= 0", STOCK),
        law("stock: each order line was taken once, and given back once if its order closed", LINES_TAKEN),
        law("stock: nothing moved for an order that does not say so", MOVED_FOR_NOTHING),
        law("orders: totals are the sums of the lines, pay_money = total - taken off + postage >= 0", TOTALS),
        law("orders: every order has lines, and every line its order", LINES_EXIST),
        Law { words: "orders: the four status letters are ones an order can have", sql: reachable() },
        law("orders: the history tells of placing, paying and closing", HISTORY),
        law("points: each balance is the sum of its entries, and not negative", POINTS),
        law(
            "payments: each order paid online has exactly one kept attempt of equal amount and number",
            PAID_ONCE,
        ),
        law("payments: each kept attempt belongs to a paid order", KEPT_FOR_PAID),
        law("payments: each WeChat payment appears once", TRANSACTION_ONCE),
        law("payments: only an order that awaits payment has a live attempt", LIVE),
        law("payments: money that pays no order waits visibly for a person", SET_ASIDE),
        law("due: each order that awaits payment is due to close", CLOSING_OWED),
        law("due: each live attempt WeChat may know is due to be asked about", ASKING_OWED),
        law("keys: each remembered key stands for an order", KEYS),
    ]
}

const STOCK: &str = "select cast(s.id as char(20)), concat('num ', s.num, ', movements ', coalesce(m.num, 0), \
    '; sale_num ', s.sale_num, ', movements ', coalesce(m.sale_num, 0)) from tb_sku s left join \
    (select sku_id, cast(sum(num) as signed) as num, cast(sum(sale_num) as signed) as sale_num \
     from stock_movement group by sku_id) m on m.sku_id = s.id \
    where s.num <> coalesce(m.num, 0) or s.sale_num <> coalesce(m.sale_num, 0) or s.num < 0";

const LINES_TAKEN: &str = "select i.id, concat('order ', i.order_id, ': taken ', coalesce(p.num, 0), ', given back ', \
    coalesce(c.num, 0)) from tb_order_item i join tb_order o on o.id = i.order_id \
    left join stock_movement p on p.sku_id = i.sku_id and p.kind = 'place' and p.ref = i.order_id \
    left join stock_movement c on c.sku_id = i.sku_id and c.kind = 'close' and c.ref = i.order_id \
    where coalesce(p.num, 0) <> -i.num \
    or coalesce(c.num, 0) <> case when o.order_status = '3' then i.num else 0 end";

const MOVED_FOR_NOTHING: &str = "select m.ref, concat('SKU ', m.sku_id, ' ', m.kind, ' ', m.num) \
    from stock_movement m left join tb_order_item i on i.order_id = m.ref and i.sku_id = m.sku_id \
    where m.kind in ('place', 'close') and i.id is null";

const TOTALS: &str = "select o.id, concat('total_num ', o.total_num, '/', i.num, ', total_money ', o.total_money, '/', \
    i.money, ', pay_money ', o.pay_money, ', lines pay ', i.pay_money) from tb_order o join \
    (select order_id, cast(sum(num) as signed) as num, cast(sum(money) as signed) as money, \
     cast(sum(pay_money) as signed) as pay_money, \
     cast(sum(case when money <> price * num then 1 else 0 end) as signed) as wrong \
     from tb_order_item group by order_id) i on i.order_id = o.id \
    where o.total_num <> i.num or o.total_money <> i.money or i.wrong > 0 or o.pay_money < 0 \
    or i.pay_money <> o.total_money - o.pre_money \
    or o.pay_money <> o.total_money - o.pre_money + o.post_fee";

const LINES_EXIST: &str = "select o.id, 'has no lines' from tb_order o \
    left join tb_order_item i on i.order_id = o.id where i.id is null \
    union all select i.id, concat('has no order ', i.order_id) from tb_order_item i \
    left join tb_order o on o.id = i.order_id where o.id is null";

const HISTORY: &str = "select o.id, concat('no event ', e.kind) from tb_order o join \
    (select 'placed' as kind union all select 'paid' union all select 'closed') e \
    on e.kind = 'placed' or (e.kind = 'paid' and o.transaction_id is not null) \
    or (e.kind = 'closed' and o.order_status = '3') \
    where not exists (select 1 from order_event h where h.order_id = o.id and h.kind = e.kind)";

const POINTS: &str = "select u.username, concat('points ', u.points, ', entries ', coalesce(e.points, 0)) from tb_user u \
    left join (select username, cast(sum(points) as signed) as points from points_entry group by username) e \
    on e.username = u.username where u.points <> coalesce(e.points, 0) or u.points < 0";

const PAID_ONCE: &str = "select o.id, concat('kept attempts ', count(a.out_trade_no)) from tb_order o \
    left join payment_attempt a on a.order_id = o.id and a.state = 'paid' \
    and a.total_fee = o.pay_money and a.transaction_id = o.transaction_id \
    where o.pay_type = '1' and o.pay_status = '1' group by o.id having count(a.out_trade_no) <> 1";

const KEPT_FOR_PAID: &str = "select a.out_trade_no, concat('order ', a.order_id, ' is not paid by it') \
    from payment_attempt a left join tb_order o on o.id = a.order_id and o.pay_status = '1' \
    and o.transaction_id = a.transaction_id where a.state = 'paid' and o.id is null";

const TRANSACTION_ONCE: &str = "select transaction_id, concat('attempts ', count(*)) from payment_attempt \
    where transaction_id is not null group by transaction_id having count(*) > 1 \
    union all select transaction_id, concat('orders ', count(*)) from tb_order \
    where transaction_id is not null group by transaction_id having count(*) > 1";

const LIVE: &str = "select a.out_trade_no, concat(a.state, ', order_status ', coalesce(o.order_status, '-')) \
    from payment_attempt a left join tb_order o on o.id = a.order_id \
    where (a.live_order_id is not null) <> (a.state in ('opened', 'waiting')) \
    or (a.live_order_id is not null and (o.id is null or o.pay_type <> '1' or o.order_status <> '0' \
    or o.pay_status <> '0'))";

const SET_ASIDE: &str = "select a.out_trade_no, concat(a.state, ' without a flag') from payment_attempt a \
    left join payment_flag f on f.out_trade_no = a.out_trade_no \
    where a.state in ('paid_late', 'paid_twice', 'held') and f.id is null";

const CLOSING_OWED: &str = "select o.id, 'is never going to close' from tb_order o \
    left join due d on d.kind = 'close' and d.ref = o.id \
    where o.pay_type = '1' and o.order_status = '0' and o.pay_status = '0' and d.ref is null";

const ASKING_OWED: &str = "select a.out_trade_no, 'is never asked about' from payment_attempt a \
    left join due d on d.kind = 'ask' and d.ref = a.out_trade_no \
    where a.live_order_id is not null and a.asked > 0 and d.ref is null";

const KEYS: &str = "select k.key_text, concat(k.username, ': no order ', k.order_id) from idempotency_key k \
    left join tb_order o on o.id = k.order_id where o.id is null";

/// Built from the one place that knows the letters.
fn reachable() -> String {
    let mut known = String::new();
    for (pay_type, state) in states() {
        let Some(letters) = state.letters(pay_type) else {
            continue;
        };
        // Writing into a String cannot fail.
        let _ = write!(
            known,
            " and not (pay_type = '{}' and order_status = '{}' and pay_status = '{}' and consign_status = '{}')",
            pay_type.letter(),
            letters.order,
            letters.pay,
            letters.consign
        );
    }
    format!(
        "select id, concat('pay_type ', pay_type, ', order_status ', order_status, ', pay_status ', pay_status, \
         ', consign_status ', consign_status) from tb_order where 1 = 1{known}"
    )
}

fn states() -> impl Iterator<Item = (PayType, OrderState)> {
    let of = |pay_type| OrderState::ALL.into_iter().map(move |state| (pay_type, state));
    of(PayType::Online).chain(of(PayType::OnDelivery))
}
