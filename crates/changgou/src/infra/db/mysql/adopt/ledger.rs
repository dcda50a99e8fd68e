//! Opening entries for the ledgers that explain the existing balances.

use super::rows::ORDER;
use super::step::AdoptionStep;

pub(super) struct OpeningTimes {
    /// In ms UTC.
    pub(super) now_ms: i64,
    /// When unpaid orders close at the earliest, in ms UTC.
    pub(super) close_ms: i64,
    /// In ms: after this time a shipped order counts as received.
    pub(super) receive_ms: i64,
}

/// In this order.
pub(super) fn steps(at: &OpeningTimes) -> Vec<AdoptionStep> {
    vec![doubts(), movements(), stubs(), stock(at), points(at), history(at), attempts(), due(at)]
}

fn ms(moment: &str) -> String {
    format!("timestampdiff(second, '1970-01-01 00:00:00', {moment}) * 1000")
}

/// Orders whose sums differ from those of their lines, which the audit reports too.
fn doubts() -> AdoptionStep {
    let sums = "insert ignore into adoption_note (kind, ref, detail) select 'wrong_sums', o.id, \
        concat('total_num ', o.total_num, '/', i.num, ', total_money ', o.total_money, '/', i.money, \
        ', pre_money ', o.pre_money, ', post_fee ', o.post_fee, ', pay_money ', o.pay_money, '/', i.pay_money) \
        from tb_order o join (select order_id, sum(num) as num, sum(money) as money, sum(pay_money) as pay_money, \
        sum(money <> price * num or pay_money < 0 or pay_money > money) as wrong from tb_order_item \
        where {in order_id} group by order_id) i on i.order_id = o.id where {in o.id} and (o.total_num <> i.num \
        or o.total_money <> i.money or i.wrong > 0 or i.pay_money <> o.total_money - o.pre_money \
        or o.pre_money <> o.coupon_money + o.points_money \
        or o.pay_money <> o.total_money - o.pre_money + o.post_fee)";
    AdoptionStep::each("doubts", "orders whose sums are wrong are written down", ORDER, &[sums])
}

fn movements() -> AdoptionStep {
    let moved = |kind: &str, (num, sale_num): (&str, &str), at: &str, which: &str| {
        format!(
            "insert ignore into stock_movement (sku_id, kind, ref, num, sale_num, at_ms) \
             select i.sku_id, '{kind}', o.id, {num}sum(i.num), {sale_num}sum(i.num), {} \
             from tb_order o join tb_order_item i on i.order_id = o.id where {{in o.id}}{which} \
             group by o.id, i.sku_id, {at}",
            ms(at)
        )
    };
    let placed = moved("place", ("-", "+"), "o.create_time", "");
    let closed = moved("close", ("+", "-"), "o.update_time", " and o.order_status = '3'");
    let words = "stock ledger: what each order took, and what closed ones gave back";
    AdoptionStep::each("movements", words, ORDER, &[&placed, &closed])
}

/// An order that may still close needs its SKUs to return its stock to.
fn stubs() -> AdoptionStep {
    let gone = "from tb_order o join tb_order_item i on i.order_id = o.id left join tb_sku s on s.id = i.sku_id \
        where o.pay_type = '1' and o.order_status = '0' and o.pay_status = '0' and s.id is null";
    let note = format!(
        "insert ignore into adoption_note (kind, ref, detail) select 'sku_gone', cast(i.sku_id as char), \
         concat('ordered by ', min(o.id), ', which may close: stands as deleted') {gone} group by i.sku_id"
    );
    let stand = format!(
        "insert ignore into tb_sku (id, sn, name, price, num, sale_num, comment_num, status) \
         select i.sku_id, '', coalesce(max(i.name), ''), greatest(max(i.price), 0), 0, 0, 0, '3' {gone} \
         group by i.sku_id"
    );
    let words = "SKUs that are gone but may get stock back stand as deleted ones";
    AdoptionStep::once("stubs", words, "tb_order", &[&note, &stand])
}

fn stock(at: &OpeningTimes) -> AdoptionStep {
    let open = format!(
        "insert ignore into stock_movement (sku_id, kind, ref, num, sale_num, at_ms) \
         select s.id, 'opening', '', s.num - coalesce(m.num, 0), s.sale_num - coalesce(m.sale_num, 0), {} \
         from tb_sku s left join (select sku_id, sum(num) as num, sum(sale_num) as sale_num from stock_movement \
         where kind <> 'opening' group by sku_id) m on m.sku_id = s.id",
        at.now_ms
    );
    AdoptionStep::once("stock", "stock ledger: an opening for each SKU", "tb_sku", &[&open])
}

fn points(at: &OpeningTimes) -> AdoptionStep {
    let open = format!(
        "insert ignore into points_entry (username, kind, ref, points, at_ms) \
         select username, 'opening', '', points, {} from tb_user where {{in username}} and points > 0",
        at.now_ms
    );
    AdoptionStep::each(
        "points",
        "points ledger: an opening for each buyer",
        ("tb_user", "username"),
        &[&open],
    )
}

/// The ids of these events are small, so that they sort before all later ones.
fn history(at: &OpeningTimes) -> AdoptionStep {
    let event = |nth: u8, kind: &str, at: &str, which: &str| {
        format!(
            "select o.id as order_id, {nth} as nth, '{kind}' as kind, left(o.username, 50) as actor, {} as at_ms \
             from tb_order o where {{in o.id}}{which}",
            ms(at)
        )
    };
    let paid = " and (o.pay_status = '1' or o.transaction_id is not null)";
    let all = [
        event(1, "placed", "o.create_time", ""),
        event(2, "paid", "coalesce(o.pay_time, o.update_time)", paid),
        event(3, "shipped", "coalesce(o.consign_time, o.update_time)", " and o.consign_status in ('1', '2')"),
        event(4, "received", "coalesce(o.end_time, o.update_time)", " and o.consign_status = '2'"),
        event(5, "closed", "coalesce(o.close_time, o.update_time)", " and o.order_status = '3'"),
        format!("select o.id, 6, 'adopted', 'shop', {} from tb_order o where {{in o.id}}", at.now_ms),
    ];
    let sql = format!(
        "insert into order_event (id, order_id, kind, actor, at_ms) \
         select b.base + row_number() over (order by e.order_id, e.nth), e.order_id, e.kind, e.actor, e.at_ms \
         from (select coalesce(max(id), 0) as base from order_event where id < 1000000000000000) b join ({}) e \
         where not exists (select 1 from order_event h where h.order_id = e.order_id and h.kind = 'adopted')",
        all.join(" union all ")
    );
    AdoptionStep::each("history", "orders: what happened to each, and that it was adopted", ORDER, &[&sql])
}

/// An order's payment is stored as an attempt, so that it can be refunded and reconciled.
fn attempts() -> AdoptionStep {
    let kept = format!(
        "insert ignore into payment_attempt (out_trade_no, order_id, protocol, sign_type, total_fee, state, request, \
         asked, transaction_id, paid_ms, created_ms) select o.id, o.id, 'v2', 'MD5', o.pay_money, 'paid', '', 1, \
         o.transaction_id, {}, {} from tb_order o where {{in o.id}} and o.pay_type = '1' and o.pay_status = '1' \
         and o.pay_money > 0 and char_length(o.id) <= 32 and char_length(o.transaction_id) <= 32",
        ms("coalesce(o.pay_time, o.update_time)"),
        ms("o.create_time")
    );
    let none = "insert ignore into adoption_note (kind, ref, detail) select 'no_payment', o.id, \
        concat('paid ', o.pay_money, ' fen, but no payment number says so') from tb_order o \
        left join payment_attempt a on a.order_id = o.id where {in o.id} and o.pay_type = '1' \
        and o.pay_status = '1' and a.out_trade_no is null";
    let words = "payments: one for each paid order that names its number; the others are written down";
    AdoptionStep::each("attempts", words, ORDER, &[&kept, none])
}

fn due(at: &OpeningTimes) -> AdoptionStep {
    let OpeningTimes { close_ms, receive_ms, .. } = at;
    let unpaid = "pay_type = '1' and order_status = '0' and pay_status = '0'";
    let close = format!(
        "insert ignore into due (kind, ref, due_ms, tries) select 'close', id, {close_ms}, 0 from tb_order \
         where {{in id}} and {unpaid}"
    );
    let pay_by = format!("update tb_order set pay_by_ms = {close_ms} where {{in id}} and {unpaid}");
    let receive = format!(
        "insert ignore into due (kind, ref, due_ms, tries) select 'receive', id, \
         greatest({} + {receive_ms}, {close_ms}), 0 from tb_order \
         where {{in id}} and order_status = '0' and consign_status = '1'",
        ms("coalesce(consign_time, update_time)")
    );
    let closed = "update tb_order set close_reason = coalesce(close_reason, 'operator'), \
        close_time = coalesce(close_time, update_time) where {in id} and order_status = '3'";
    let words = "due work: unpaid orders close, shipped ones count as received";
    AdoptionStep::each("due", words, ORDER, &[&close, &pay_by, &receive, closed])
}
