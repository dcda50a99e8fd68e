//! Corrects the rows of the Java shop. Nothing is deleted. Changes other than filling nulls are
//! recorded in `adoption_note`, as is everything that only a person can correct.

use super::step::AdoptionStep;

const USER: (&str, &str) = ("tb_user", "username");
pub(super) const ADDRESS: (&str, &str) = ("tb_address", "id");
const SKU: (&str, &str) = ("tb_sku", "id");
pub(super) const ORDER: (&str, &str) = ("tb_order", "id");
pub(super) const ITEM: (&str, &str) = ("tb_order_item", "id");

/// In this order. `now` is a `datetime` literal.
pub(super) fn steps(now: &str) -> Vec<AdoptionStep> {
    let mut steps = vec![users(now), addresses(), skus()];
    steps.extend(lines());
    steps.extend(recovered());
    steps.push(sums());
    steps.push(orders(now));
    steps.push(payments());
    steps
}

/// A valid time: not zero, and no part of it zero.
fn is_moment(column: &str) -> String {
    format!("({column} >= '1000-01-01' and month({column}) > 0 and dayofmonth({column}) > 0)")
}

/// Null unless the column has a valid time.
fn moment(column: &str) -> String {
    format!("{column} = if({}, {column}, null)", is_moment(column))
}

fn users(now: &str) -> AdoptionStep {
    let negative = "insert ignore into adoption_note (kind, ref, detail) select 'negative_points', username, \
        concat('points ', points, ' became 0') from tb_user where {in username} and points < 0";
    let passwords = "insert ignore into adoption_note (kind, ref, detail) select 'password_reset', username, \
        'no bcrypt hash: set a new one with changgou user password' from tb_user where {in username} \
        and password not like '$2_$%' and password not like '$argon2id$%'";
    let fill = format!(
        "update tb_user set points = greatest(coalesce(points, 0), 0), status = coalesce(status, '1'), \
         {}, {}, created = if({}, created, if({}, updated, {now})), updated = if({}, updated, created) \
         where {{in username}}",
        moment("birthday"),
        moment("last_login_time"),
        is_moment("created"),
        is_moment("updated"),
        is_moment("updated")
    );
    let words = "users: points that are null count as 0, and moments that are none are none";
    AdoptionStep::each("users", words, USER, &[negative, passwords, &fill])
}

fn addresses() -> AdoptionStep {
    let nobody = "insert ignore into adoption_note (kind, ref, detail) select 'address_of_nobody', \
        cast(id as char), coalesce(address, '') from tb_address where {in id} and username is null";
    let fill = "update tb_address set username = coalesce(username, ''), is_default = coalesce(is_default, '0') \
        where {in id}";
    AdoptionStep::each("addresses", "addresses: what is null gets its default", ADDRESS, &[nobody, fill])
}

fn skus() -> AdoptionStep {
    let odd = "insert ignore into adoption_note (kind, ref, detail) select 'sku_mended', cast(id as char), \
        concat('price ', coalesce(price, 'null'), ', num ', coalesce(num, 'null'), \
        ': what was missing or negative became 0; without a price it is off the shelf') \
        from tb_sku where {in id} and (price is null or price < 0 or num < 0)";
    let fill = format!(
        "update tb_sku set status = if(price is null or price < 0, '2', coalesce(status, '1')), \
         price = greatest(coalesce(price, 0), 0), num = greatest(coalesce(num, 0), 0), \
         sale_num = coalesce(sale_num, 0), comment_num = coalesce(comment_num, 0), sn = coalesce(sn, ''), \
         name = coalesce(name, ''), {}, {} where {{in id}}",
        moment("create_time"),
        moment("update_time")
    );
    AdoptionStep::each("skus", "SKUs: what is null or negative becomes 0", SKU, &[odd, &fill])
}

/// Matches lines to orders with or without the `NO.`, which was too long for the column.
fn lines() -> [AdoptionStep; 2] {
    let fill = "update tb_order_item set order_id = coalesce(order_id, ''), sku_id = coalesce(sku_id, 0), \
        num = coalesce(num, 0), price = coalesce(price, money div nullif(num, 0), 0), \
        money = coalesce(money, price * num), pay_money = coalesce(pay_money, money), \
        post_fee = coalesce(post_fee, 0), is_return = coalesce(is_return, '0') where {in id}";
    let longer = "update tb_order_item i join tb_order o on o.id = concat('NO.', i.order_id) \
        left join tb_order own on own.id = i.order_id set i.order_id = o.id where {in i.id} and own.id is null";
    let shorter = "update tb_order_item i join tb_order o on o.id = substr(i.order_id, 4) \
        left join tb_order own on own.id = i.order_id set i.order_id = o.id \
        where {in i.id} and i.order_id like 'NO.%' and own.id is null";
    [
        AdoptionStep::each("line_fill", "lines: what is null gets its default", ITEM, &[fill]),
        AdoptionStep::each(
            "line_match",
            "lines: named by the digits of their order",
            ITEM,
            &[longer, shorter],
        ),
    ]
}

/// A server that is not strict stored 0 as the order of some lines. The ids of lines were made right
/// after the id of their order, so a line belongs to the order before it if the sums of all such lines
/// agree with the order.
fn recovered() -> Vec<AdoptionStep> {
    let number = "cast(substring_index(o.id, '.', -1) as signed)";
    let shape = "regexp '^(NO[.])?[1-8]?[0-9]{10,18}$'";
    let numbers = format!(
        "insert ignore into adoption_number (n, order_id) select {number}, o.id from tb_order o \
         where {{in o.id}} and o.id {shape}"
    );
    // The orders between the first and the last line of a piece, and the one before, are
    // read once in the order of their numbers, with the lines among them. A line belongs
    // to the order of the count so far: a running count costs one pass, a running
    // maximum would cost one a line.
    let lines = format!(
        "tb_order_item o left join tb_order t on t.id = o.order_id where {{in o.id}} and t.id is null \
         and o.id {shape}"
    );
    let first = format!("set @first = (select min({number}) from {lines})");
    let last = format!("set @last = (select max({number}) from {lines})");
    let before = "set @first = (select coalesce(max(n), @first) from adoption_number where n < @first)";
    let orders = "adoption_number where n >= @first and n < @last";
    let guess = format!(
        "insert ignore into adoption_line (item_id, order_id) select w.item_id, a.order_id from \
         (select u.item_id, count(u.order_n) over (order by u.n rows unbounded preceding) as nth from \
         (select n, n as order_n, null as item_id from {orders} \
         union all select {number}, null, o.id from {lines}) u) w \
         join (select order_id, row_number() over (order by n) as nth from {orders}) a on a.nth = w.nth \
         where w.item_id is not null"
    );
    let confirm = "update tb_order o join (select l.order_id, sum(i.num) as num, sum(i.money) as money \
        from adoption_line l join tb_order_item i on i.id = l.item_id where {in l.order_id} group by l.order_id) s \
        on s.order_id = o.id and s.num = o.total_num and s.money = o.total_money \
        left join (select distinct order_id from tb_order_item where {in order_id}) own on own.order_id = o.id \
        join adoption_line l on l.order_id = o.id join tb_order_item i on i.id = l.item_id \
        set i.order_id = o.id where {in o.id} and own.order_id is null";
    let lost = "insert ignore into adoption_note (kind, ref, detail) select 'line_without_order', i.id, \
        concat('order_id ', i.order_id, ', SKU ', i.sku_id, ', ', i.num, ' for ', i.money, ' fen') \
        from tb_order_item i left join tb_order o on o.id = i.order_id where {in i.id} and o.id is null";
    let bare = "insert ignore into adoption_note (kind, ref, detail) select 'order_without_lines', o.id, \
        concat('total_num ', coalesce(o.total_num, 'null'), ', total_money ', coalesce(o.total_money, 'null')) \
        from tb_order o left join tb_order_item i on i.order_id = o.id where {in o.id} and i.id is null";
    vec![
        AdoptionStep::each(
            "numbers",
            "orders: the numbers in their ids, to look lines up by",
            ORDER,
            &[&numbers],
        ),
        AdoptionStep::each(
            "line_guess",
            "lines without order: the order drawn before each",
            ITEM,
            &[&first, &last, before, &guess],
        ),
        AdoptionStep::each(
            "line_confirm",
            "lines without order: back to it where sums agree",
            ORDER,
            &[confirm],
        ),
        AdoptionStep::each("line_lost", "lines that have no order are written down, and stay", ITEM, &[lost]),
        AdoptionStep::each(
            "order_bare",
            "orders that have no lines are written down, and stay",
            ORDER,
            &[bare],
        ),
    ]
}

fn sums() -> AdoptionStep {
    let fill = "update tb_order o left join (select order_id, sum(num) as num, sum(money) as money, \
        sum(pay_money) as pay from tb_order_item where {in order_id} group by order_id) s on s.order_id = o.id \
        set o.total_num = coalesce(o.total_num, s.num, 0), o.total_money = coalesce(o.total_money, s.money, 0), \
        o.post_fee = coalesce(o.post_fee, 0), \
        o.pre_money = coalesce(o.pre_money, coalesce(o.total_money, s.money, 0) - coalesce(s.pay, 0), 0), \
        o.pay_money = coalesce(o.pay_money, s.pay, 0) where {in o.id}";
    let negative = "insert ignore into adoption_note (kind, ref, detail) select 'negative_money', id, \
        concat('pay_money ', pay_money, ' became 0') from tb_order where {in id} and pay_money < 0";
    let zero = "update tb_order set pay_money = 0 where {in id} and pay_money < 0";
    let off = "update tb_order set coupon_money = pre_money where {in id} and pre_money > 0 and coupon_money = 0 \
        and points_money = 0";
    AdoptionStep::each(
        "sums",
        "orders: sums that are null are those of the lines",
        ORDER,
        &[fill, negative, zero, off],
    )
}

fn orders(now: &str) -> AdoptionStep {
    let unknown = "insert ignore into adoption_note (kind, ref, detail) select 'unknown_buyer', o.id, \
        coalesce(o.username, 'null') from tb_order o left join tb_user u on u.username = o.username \
        where {in o.id} and u.username is null";
    let drawn =
        "from_unixtime(((cast(substring_index(id, '.', -1) as unsigned) >> 22) + 1288834974657) div 1000)";
    let fill = format!(
        "update tb_order set username = coalesce(username, ''), pay_type = coalesce(nullif(pay_type, ''), '1'), \
         create_time = if({}, create_time, if(id regexp '^(NO[.])?[0-9]{{18,19}}$', {drawn}, {now})), \
         update_time = if({}, update_time, create_time), {}, {}, {}, {}, \
         buyer_rate = coalesce(buyer_rate, '0'), source_type = coalesce(source_type, '1'), \
         order_status = coalesce(nullif(order_status, ''), '0'), pay_status = coalesce(nullif(pay_status, ''), '0'), \
         consign_status = coalesce(nullif(consign_status, ''), '0'), is_delete = coalesce(nullif(is_delete, ''), '0'), \
         transaction_id = nullif(trim(transaction_id), '') where {{in id}}",
        is_moment("create_time"),
        is_moment("update_time"),
        moment("pay_time"),
        moment("consign_time"),
        moment("end_time"),
        moment("close_time"),
    );
    let words = "orders: what is null gets its default, moments that are none are none";
    AdoptionStep::each("orders", words, ORDER, &[unknown, &fill])
}

fn payments() -> AdoptionStep {
    let twice = "(select transaction_id, min(id) as first from tb_order where transaction_id is not null \
        group by transaction_id having count(*) > 1) d";
    let note = format!(
        "insert ignore into adoption_note (kind, ref, detail) select 'payment_twice', o.id, \
         concat('transaction_id ', o.transaction_id, ' stands at ', d.first, ' too and was taken off here') \
         from tb_order o join {twice} on d.transaction_id = o.transaction_id and d.first <> o.id"
    );
    let take = format!(
        "update tb_order o join {twice} on d.transaction_id = o.transaction_id and d.first <> o.id \
         set o.transaction_id = null"
    );
    let words = "orders: a payment number that several have stays with the first";
    AdoptionStep::once("payments", words, "tb_order", &[&note, &take])
}
