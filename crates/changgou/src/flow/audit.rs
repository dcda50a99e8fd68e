//! The conservation laws of the shop, checked on a live database. Each law is a query for
//! the rows that break it.

use std::fmt::Write as _;

use crate::domain::status::{OrderState, PayType};
use crate::infra::db::{Db, DbError};

/// Rows shown of those that break a law.
const SHOWN_MAX: usize = 20;

#[derive(Clone, Debug)]
pub struct LawFinding {
    pub law: &'static str,
    /// Rows that break it: the row's name, and how.
    pub broken: Vec<(String, String)>,
}

struct Law {
    words: &'static str,
    /// Selects the name of each row that breaks the law, and how.
    sql: String,
    /// Kinds of adoption notes that excuse a row of the Java shop.
    excused: &'static [&'static str],
}

impl Law {
    fn excused_by(self, kinds: &'static [&'static str]) -> Law {
        Law { excused: kinds, ..self }
    }

    /// The rows that break it and are not excused.
    fn query(&self) -> String {
        if self.excused.is_empty() {
            return format!("{} limit {SHOWN_MAX}", self.sql);
        }
        let kinds = self.excused.join("', '");
        format!(
            "with broken (name, how) as ({}) select name, how from broken where not exists (select 1 \
             from adoption_note n where n.kind in ('{kinds}') and n.ref = broken.name) limit {SHOWN_MAX}",
            self.sql
        )
    }
}

/// Checks all laws on one snapshot.
pub async fn audit(db: &Db) -> Result<Vec<LawFinding>, DbError> {
    db.read(async move |tx| {
        let mut findings = Vec::new();
        for law in laws() {
            findings.push(LawFinding { law: law.words, broken: tx.rows(&law.query(), &[]).await? });
        }
        Ok(findings)
    })
    .await
}

/// How many rows of the Java shop were noted as changed or broken when its database was
/// adopted, by kind.
pub async fn old_faults(db: &Db) -> Result<Vec<(String, i64)>, DbError> {
    let sql = "select kind, count(*) from adoption_note group by kind order by kind";
    db.read(async move |tx| tx.rows(sql, &[]).await).await
}

fn laws() -> Vec<Law> {
    let law = |words: &'static str, sql: &str| Law { words, sql: sql.to_owned(), excused: &[] };
    vec![
        law("stock: num and sale_num of each SKU are the sums of its movements, and num >= 0", STOCK),
        law("stock: each order line was taken once, and given back once if its order closed", LINES_TAKEN),
        law("stock: nothing moved for an order that does not say so", MOVED_FOR_NOTHING),
        law("orders: totals are the sums of the lines, pay_money = total - taken off + postage >= 0", TOTALS)
            .excused_by(&["wrong_sums"]),
        law("orders: every order has lines, and every line its order", LINES_EXIST)
            .excused_by(&["order_without_lines", "line_without_order"]),
        law("orders: the four status letters are ones an order can have", &reachable()),
        law("orders: the history tells of placing, paying and closing", HISTORY),
        law("accounts: every username in every table is that of an account, letter by letter", &usernames())
            .excused_by(&["no_account", "address_of_nobody"]),
        law("points: each balance is the sum of its entries, and not negative", POINTS),
        law(
            "payments: each order paid online has exactly one kept attempt of equal amount and number",
            PAID_ONCE,
        )
        .excused_by(&["no_payment"]),
        law("coupons: each used coupon is its buyer's, used by one order that stands and names it", COUPONS),
        law("coupons: each template counts its coupons, and no limit is exceeded", COUPONS_COUNTED),
        law(
            "points: what is pending is what orders earned that brought no money yet, and is not spent",
            PENDING,
        ),
        law(
            "accounts: each buyer's number of open orders is that of those that brought no money",
            OPEN_ORDERS,
        ),
        law("points: what a closed order earned went back", EARNED_BACK),
        law("points: each order spent what it says, and got it back if it closed", POINTS_SPENT),
        law("limits: what counts against a limit is an order line that stands", LIMITED),
        law("limits: no buyer has more of a SKU in a sale than one may", LIMITS_KEPT),
        law("payments: each kept attempt belongs to a paid order", KEPT_FOR_PAID),
        law("payments: each WeChat payment appears once", TRANSACTION_ONCE),
        law("payments: only an order that awaits payment has a live attempt", LIVE),
        law("payments: money that pays no order waits visibly for a person", SET_ASIDE),
        law("refunds: of no payment goes more back than was paid", REFUNDED),
        law("refunds: money that came for nothing goes back", GIVEN_BACK),
        law(
            "refunds: of no line comes more back than was sold, and what is in stock again says why",
            RETURNED,
        ),
        law("refunds: a line says that it is back when all of it is", IS_RETURN),
        law("due: each refund under way is due to go on", REFUND_OWED),
        law("due: each order that awaits payment is due to close", CLOSING_OWED),
        law("due: each live attempt WeChat may know is due to be asked about", ASKING_OWED),
        law("outbox: each row is due in time, and tells of an event or a notice that is there", OUTBOX),
        law("keys: each remembered key stands for an order", KEYS),
        law("scans: each WeChat is bound to an account that is there", BOUND),
        law("scans: an order that awaits payment is known as its payer's one of its SKU", SCAN_OPEN),
        law("scans: each order made by a scan is its payer's, and one piece of its SKU", SCANNED),
        law("carts: each line that was taken is a line of the order that took it, taken by no other", TAKEN),
    ]
}

const STOCK: &str = "select cast(s.id as char(20)), concat('num ', s.num, ', movements ', coalesce(m.num, 0), \
    '; sale_num ', s.sale_num, ', movements ', coalesce(m.sale_num, 0)) from tb_sku s left join \
    (select sku_id, cast(sum(num) as signed) as num, cast(sum(sale_num) as signed) as sale_num \
     from stock_movement group by sku_id) m on m.sku_id = s.id \
    where s.num <> coalesce(m.num, 0) or s.sale_num <> coalesce(m.sale_num, 0) or s.num < 0";

const LINES_TAKEN: &str = "select i.id, concat('order ', i.order_id, ': taken ', coalesce(p.num, 0), ', given back ', \
    coalesce(c.num, 0), ', taken again ', coalesce(a.num, 0)) \
    from (select min(id) as id, order_id, sku_id, cast(sum(num) as signed) as num \
     from tb_order_item group by order_id, sku_id) i join tb_order o on o.id = i.order_id \
    left join stock_movement p on p.sku_id = i.sku_id and p.kind = 'place' and p.ref = i.order_id \
    left join stock_movement c on c.sku_id = i.sku_id and c.kind = 'close' and c.ref = i.order_id \
    left join stock_movement a on a.sku_id = i.sku_id and a.kind = 'reopen' and a.ref = i.order_id \
    where coalesce(p.num, 0) <> -i.num or coalesce(a.num, 0) not in (0, -i.num) \
    or coalesce(c.num, 0) + coalesce(a.num, 0) <> case when o.order_status = '3' then i.num else 0 end";

const MOVED_FOR_NOTHING: &str = "select m.ref, concat('SKU ', m.sku_id, ' ', m.kind, ' ', m.num) \
    from stock_movement m left join tb_order_item i on i.order_id = m.ref and i.sku_id = m.sku_id \
    where m.kind in ('place', 'close', 'reopen') and i.id is null";

const TOTALS: &str = "select o.id, concat('total_num ', o.total_num, '/', i.num, ', total_money ', o.total_money, '/', \
    i.money, ', pay_money ', o.pay_money, ', lines pay ', i.pay_money) from tb_order o join \
    (select order_id, cast(sum(num) as signed) as num, cast(sum(money) as signed) as money, \
     cast(sum(pay_money) as signed) as pay_money, \
     cast(sum(case when money <> price * num or pay_money < 0 or pay_money > money then 1 else 0 end) as signed) \
     as wrong \
     from tb_order_item group by order_id) i on i.order_id = o.id \
    where o.total_num <> i.num or o.total_money <> i.money or i.wrong > 0 or o.pay_money < 0 \
    or i.pay_money <> o.total_money - o.pre_money or o.pre_money <> o.coupon_money + o.points_money \
    or o.coupon_money < 0 or o.points_money < 0 \
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

const COUPONS: &str = "select concat('coupon ', c.id), concat('used by ', c.order_id, ' of ', coalesce(o.username, '-'), \
    ', order_status ', coalesce(o.order_status, '-')) from coupon c left join tb_order o on o.id = c.order_id \
    where c.order_id is not null \
    and (o.id is null or o.order_status in ('2', '3') or o.username <> c.username or coalesce(o.coupon_id, 0) <> c.id) \
    union all select o.id, concat('names coupon ', o.coupon_id, ', which it does not use') from tb_order o \
    left join coupon c on c.id = o.coupon_id and c.order_id = o.id \
    where o.coupon_id is not null and o.order_status not in ('2', '3') and c.id is null";

const COUPONS_COUNTED: &str = "select concat('template ', t.id), concat('granted_num ', t.granted_num, ', coupons ', \
    coalesce(c.num, 0)) from coupon_template t \
    left join (select template_id, count(*) as num from coupon group by template_id) c on c.template_id = t.id \
    where t.granted_num <> coalesce(c.num, 0) or t.granted_num > coalesce(t.total_num, t.granted_num) \
    union all select concat('coupons of ', c.username), concat('template ', t.id, ': ', count(*)) from coupon c \
    join coupon_template t on t.id = c.template_id and t.buyer_num is not null \
    group by t.id, t.buyer_num, c.username having count(*) > t.buyer_num \
    union all select concat('coupon ', c.id), 'has no template' from coupon c \
    left join coupon_template t on t.id = c.template_id where t.id is null";

const PENDING: &str = "select u.username, concat('points ', u.points, ', pending ', u.points_pending, ', orders ', \
    coalesce(p.points, 0)) from tb_user u left join \
    (select o.username as username, cast(sum(e.points) as signed) as points from tb_order o \
     join points_entry e on e.ref = o.id and e.username = o.username and e.kind = 'place' \
     where o.order_status = '0' and o.pay_status = '0' group by o.username) p \
    on p.username = u.username where u.points_pending <> coalesce(p.points, 0) or u.points < u.points_pending";

const OPEN_ORDERS: &str = "select u.username, concat('open_orders ', u.open_orders, ', orders ', coalesce(o.num, 0)) \
    from tb_user u left join (select username, count(*) as num from tb_order where order_status = '0' \
     and pay_status = '0' group by username) o on o.username = u.username where u.open_orders <> coalesce(o.num, 0)";

const EARNED_BACK: &str = "select o.id, concat('earned ', e.points, ', went back ', coalesce(c.points, 0)) from tb_order o \
    join points_entry e on e.ref = o.id and e.username = o.username and e.kind = 'place' \
    left join points_entry c on c.ref = o.id and c.username = o.username and c.kind = 'close' \
    where o.order_status = '3' and coalesce(c.points, 0) <> -e.points";

const POINTS_SPENT: &str = "select o.id, concat('points_used ', o.points_used, ', spent ', coalesce(s.points, 0), \
    ', given back ', coalesce(b.points, 0)) from tb_order o \
    left join points_entry s on s.ref = o.id and s.username = o.username and s.kind = 'spend' \
    left join points_entry b on b.ref = o.id and b.username = o.username and b.kind = 'give_back' \
    where o.points_used < 0 or coalesce(s.points, 0) <> -o.points_used \
    or coalesce(b.points, 0) <> case when o.order_status in ('2', '3') then o.points_used else 0 end";

const LIMITED: &str = "select p.order_id, concat('SKU ', p.sku_id, ': counts ', p.num, ', line has ', coalesce(i.num, 0)) \
    from limited_purchase p left join tb_order o on o.id = p.order_id and o.order_status not in ('2', '3') \
    and o.username = p.username left join tb_order_item i on i.order_id = o.id and i.sku_id = p.sku_id \
    where coalesce(i.num, 0) <> p.num";

const LIMITS_KEPT: &str = "select username, concat('SKU ', sku_id, ': has ', sum(num), ', limit ', max(buyer_limit)) \
    from limited_purchase group by username, sku_id, sale_ms having sum(num) > max(buyer_limit)";

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

/// A refund that another took the place of is closed; one made on the merchant platform may not fit any more.
const REFUNDED: &str = "select s.out_trade_no, concat('paid ', s.paid_fee, ', set aside ', s.refund_fee, ', refunds ', \
    coalesce(r.fee, 0)) from payment_refunded s left join \
    (select out_trade_no, cast(sum(refund_fee) as signed) as fee from payment_refund where state not in ('closed', 'refused') \
     group by out_trade_no) r on r.out_trade_no = s.out_trade_no \
    where s.refund_fee > s.paid_fee or s.refund_fee < coalesce(r.fee, 0) \
    union all select r.out_refund_no, concat('no money of ', r.out_trade_no, ' is set aside') from payment_refund r \
    left join payment_refunded s on s.out_trade_no = r.out_trade_no where s.out_trade_no is null";

const GIVEN_BACK: &str = "select a.out_trade_no, concat(a.state, ' without a refund') from payment_attempt a \
    left join payment_refund r on r.out_trade_no = a.out_trade_no \
    left join payment_flag f on f.out_trade_no = a.out_trade_no and f.resolved_ms is null \
    where a.state in ('paid_late', 'paid_twice') and r.out_refund_no is null and f.id is null";

const RETURNED: &str = "select i.id, concat('sold ', i.num, ', back ', b.num) from tb_order_item i join \
    (select item_id, cast(sum(num) as signed) as num from payment_refund_item group by item_id) b on b.item_id = i.id \
    where b.num > i.num \
    union all select r.out_refund_no, concat('SKU ', r.sku_id, ': back ', r.num, ', in stock ', coalesce(m.num, 0)) from \
    (select out_refund_no, sku_id, cast(sum(restocked) as signed) as num from payment_refund_item \
     group by out_refund_no, sku_id) r left join stock_movement m \
    on m.ref = r.out_refund_no and m.sku_id = r.sku_id and m.kind = 'return' where r.num <> coalesce(m.num, 0) \
    union all select m.ref, concat('SKU ', m.sku_id, ' is back for no refund') from stock_movement m \
    left join payment_refund_item r on r.out_refund_no = m.ref and r.sku_id = m.sku_id \
    where m.kind = 'return' and r.item_id is null";

const IS_RETURN: &str = "select i.id, concat('is_return ', i.is_return, ', sold ', i.num, ', back ', coalesce(b.num, 0)) \
    from tb_order_item i join \
    (select item_id, cast(sum(num) as signed) as num from payment_refund_item group by item_id) b on b.item_id = i.id \
    where (b.num = i.num and i.is_return <> '1') or (b.num < i.num and i.is_return = '1')";

const REFUND_OWED: &str = "select r.out_refund_no, concat(r.state, ' and never asked about') from payment_refund r \
    left join due d on d.kind = 'refund' and d.ref = r.out_refund_no \
    where r.state in ('opened', 'processing') and d.ref is null";

const CLOSING_OWED: &str = "select o.id, 'is never going to close' from tb_order o \
    left join due d on d.kind = 'close' and d.ref = o.id \
    where o.pay_type = '1' and o.order_status = '0' and o.pay_status = '0' and d.ref is null";

const ASKING_OWED: &str = "select a.out_trade_no, 'is never asked about' from payment_attempt a \
    left join due d on d.kind = 'ask' and d.ref = a.out_trade_no \
    where a.live_order_id is not null and a.asked > 0 and d.ref is null";

/// A claim lasts a minute, and a message is put off for ten at the most.
const OUTBOX: &str = "select cast(o.id as char(20)), concat('tried at ', o.tried_ms, ', due only at ', o.due_ms) \
    from outbox o where o.due_ms > o.tried_ms + 900000 \
    union all select cast(o.id as char(20)), concat('tells of no event: ', o.body) from outbox o \
    left join order_event e on e.id = o.id where o.destination = 'events' and e.id is null \
    union all select cast(o.id as char(20)), concat('passes on no notice: ', o.body) from outbox o \
    left join notice_inbox n on n.id = o.id where o.destination = 'payment_results' and n.id is null \
    union all select cast(o.id as char(20)), concat('goes nowhere: ', o.destination) from outbox o \
    where o.destination not in ('events', 'payment_results')";

const KEYS: &str = "select k.key_text, concat(k.username, ': no order ', k.order_id) from idempotency_key k \
    left join tb_order o on o.id = k.order_id where o.id is null";

const BOUND: &str = "select b.openid, concat('bound to ', b.username) from openid_binding b \
    left join tb_user u on u.username = b.username where u.username is null";

const SCAN_OPEN: &str = "select s.order_id, concat('awaits payment, known as ', coalesce(s.live_key, '-')) \
    from scan_order s join tb_order o on o.id = s.order_id \
    where o.pay_type = '1' and o.order_status = '0' and o.pay_status = '0' \
    and coalesce(s.live_key, '') <> concat(s.sku_id, ' ', s.openid)";

const SCANNED: &str = "select s.order_id, concat('of ', o.username, ', pieces ', o.total_num) from scan_order s \
    join tb_order o on o.id = s.order_id \
    left join tb_order_item i on i.order_id = o.id and i.sku_id = s.sku_id \
    where o.username <> s.username or o.total_num <> 1 or i.id is null";

const TAKEN: &str = "select concat('line of ', t.username), concat('SKU ', t.sku_id, ', order ', t.order_id) \
    from cart_taken t left join tb_order o on o.id = t.order_id and o.username = t.username \
    left join tb_order_item i on i.order_id = o.id and i.sku_id = t.sku_id where i.id is null \
    union all select concat('order ', order_id), concat('took SKU ', sku_id, ' ', count(*), ' times') \
    from cart_taken group by order_id, sku_id having count(*) > 1";

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
            pay_type.word(),
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

/// Tables with a username, and the name of a row.
const TABLES_OF_USERS: [(&str, &str); 9] = [
    ("tb_order", "t.id"),
    ("tb_address", "cast(t.id as char(20))"),
    ("session", "concat('session ', t.jti)"),
    ("cart_line", "concat('cart of ', t.username)"),
    ("points_entry", "concat('points ', t.ref)"),
    ("coupon", "concat('coupon ', t.id)"),
    ("limited_purchase", "concat('limit of ', t.order_id)"),
    ("openid_binding", "concat('WeChat of ', t.username)"),
    ("scan_order", "concat('scan ', t.order_id)"),
];

/// Servers of the MySQL family ignore spaces at the end when they compare, so the lengths are compared too;
/// and in a join, because MariaDB's cache of subqueries would take one name for the other.
fn usernames() -> String {
    let one = |(table, name): (&str, &str)| {
        format!(
            "select {name}, concat('{table} says ', t.username, ', who has no account') from {table} t \
             left join tb_user u on u.username = t.username and length(u.username) = length(t.username) \
             where u.username is null"
        )
    };
    TABLES_OF_USERS.map(one).join(" union all ")
}

fn states() -> impl Iterator<Item = (PayType, OrderState)> {
    let of = |pay_type| OrderState::ALL.into_iter().map(move |state| (pay_type, state));
    of(PayType::Online).chain(of(PayType::OnDelivery))
}
