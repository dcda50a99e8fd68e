//! A database of the Java shop, with its tables and rows as it writes them.

use std::fmt::Write as _;
use std::sync::OnceLock;

use mysql_async::Conn;
use mysql_async::prelude::Queryable;

use crate::support::servers;
use crate::support::shop::START;

/// Differences between databases of the Java shop.
#[derive(Clone, Copy, Debug)]
pub struct Edition {
    /// The prefix of the ids of orders and lines.
    pub prefix: &'static str,
    /// What a line's order column holds: the order's id, its digits, or 0.
    pub named: Named,
    /// Replacements in the statements that create the tables.
    pub tables: &'static [(&'static str, &'static str)],
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Named {
    ById,
    ByDigits,
    Lost,
}

/// The tables of the Java shop's seed, and `tb_sku` of its goods service.
const TABLES: &str = "
create table tb_address (id int(11) not null auto_increment, username varchar(50) default null comment '用户名',
 provinceid varchar(20) default null, cityid varchar(20) default null, areaid varchar(20) default null,
 phone varchar(20) default null, address varchar(200) default null, contact varchar(50) default null,
 is_default varchar(1) default null, alias varchar(50) default null, primary key (id)) engine=InnoDB auto_increment=66 default charset=utf8;
create table tb_order (id varchar(50) collate utf8_bin not null comment '订单id', total_num int(11) default null,
 total_money int(11) default null, pre_money int(11) default null, post_fee int(11) default null, pay_money int(11) default null,
 pay_type varchar(1) collate utf8_bin default null, create_time datetime default null, update_time datetime default null,
 pay_time datetime default null, consign_time datetime default null, end_time datetime default null, close_time datetime default null,
 shipping_name varchar(20) collate utf8_bin default null, shipping_code varchar(20) collate utf8_bin default null,
 username varchar(50) collate utf8_bin default null, buyer_message varchar(1000) collate utf8_bin default null,
 buyer_rate char(1) collate utf8_bin default null, receiver_contact varchar(50) collate utf8_bin default null,
 receiver_mobile varchar(12) collate utf8_bin default null, receiver_address varchar(200) collate utf8_bin default null,
 source_type char(1) collate utf8_bin default null, transaction_id varchar(30) collate utf8_bin default null,
 order_status char(1) collate utf8_bin default null comment '订单状态,0:未完成,1:已完成，2：已退货',
 pay_status char(1) collate utf8_bin default null, consign_status char(1) collate utf8_bin default null,
 is_delete char(1) collate utf8_bin default null, primary key (id), key create_time (create_time),
 key status (order_status), key payment_type (pay_type)) engine=InnoDB default charset=utf8 collate=utf8_bin;
create table tb_order_item (id varchar(50) collate utf8_bin not null, category_id1 int(11) default null,
 category_id2 int(11) default null, category_id3 int(11) default null, spu_id varchar(20) collate utf8_bin default null,
 sku_id bigint(20) not null, order_id bigint(20) not null, name varchar(200) collate utf8_bin default null,
 price int(20) default null, num int(10) default null, money int(20) default null, pay_money int(11) default null,
 image varchar(200) collate utf8_bin default null, weight int(11) default null, post_fee int(11) default null,
 is_return char(1) collate utf8_bin default null, primary key (id), key item_id (sku_id), key order_id (order_id)) engine=InnoDB default charset=utf8 collate=utf8_bin;
create table tb_user (username varchar(50) not null comment '用户名', password varchar(100) not null, phone varchar(20) default null,
 email varchar(50) default null, created datetime not null, updated datetime not null, source_type varchar(1) default null,
 nick_name varchar(50) default null, name varchar(50) default null, status varchar(1) default null, head_pic varchar(150) default null,
 qq varchar(20) default null, is_mobile_check varchar(1) default '0', is_email_check varchar(1) default '0', sex varchar(1) default '1',
 user_level int(11) default null, points int(11) default null, experience_value int(11) default null, birthday datetime default null,
 last_login_time datetime default null, primary key (username), unique key username (username) using btree) engine=InnoDB default charset=utf8;
create table tb_sku (id bigint(20) not null, sn varchar(100) not null, name varchar(200) not null, price int(20) not null,
 num int(10) not null, alert_num int(11) default null, image varchar(200) default null, images varchar(2000) default null,
 weight int(11) default null, create_time datetime default null, update_time datetime default null, spu_id varchar(20) default null,
 category_id int(11) default null, category_name varchar(200) default null, brand_name varchar(100) default null,
 spec varchar(200) default null, sale_num int(11) default 0, comment_num int(11) default 0, status char(1) default '1',
 primary key (id), key cid (category_id), key status (status), key updated (update_time)) engine=InnoDB default charset=utf8;
create table tb_order_log (id varchar(20) not null primary key, order_id bigint(20), remarks varchar(100)) engine=InnoDB default charset=utf8;
insert into tb_order_log values ('1', 5, '旧日志')";

/// Queries of the Java shop's seed, whose answers must stay the same.
pub const QUESTIONS: &[&str] = &[
    "select id, total_num, total_money, pay_money, receiver_contact from tb_order where username = 'buyer1' order by id",
    "select count(*), sum(total_num), sum(total_money), sum(pay_money) from tb_order",
    "select username, count(*), sum(pay_money) from tb_order where pay_status = '1' group by username order by 1",
    "select count(*), sum(num), sum(money) from tb_order_item",
    "select sku_id, sum(num) from tb_order_item group by sku_id order by 1",
    "select sum(points) from tb_user",
    "select username, nick_name, phone from tb_user order by username",
    "select id, num, sale_num, price, name from tb_sku order by id",
    "select id, username, address, contact, phone from tb_address order by id",
    "select * from tb_order_log",
];

pub const BUYERS: usize = 12;
const SKUS: usize = 9;

/// The Java shop's generator of ids.
struct IdWorker(i64);

impl IdWorker {
    fn next(&mut self) -> i64 {
        self.0 += 1 + i64::from(self.0 % 7 == 0) * (3 << 22);
        self.0
    }
}

/// A database of this edition with that number of orders; its URL.
pub async fn open(edition: Edition, orders: usize) -> String {
    let url = servers::fresh_database(std::path::Path::new("")).await;
    let mut old = servers::connect(&url).await;
    old.query_drop("set session sql_mode = ''").await.unwrap();
    let tables = edition.tables.iter().fold(TABLES.to_owned(), |sql, (from, to)| {
        assert!(sql.contains(from), "{from}");
        sql.replace(from, to)
    });
    for sql in tables.split(";\n") {
        old.query_drop(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
    people(&mut old).await;
    goods(&mut old).await;
    fill(&mut old, edition, orders).await;
    old.disconnect().await.unwrap();
    url
}

/// Users with passwords that log in and such that do not; points that are null.
async fn people(old: &mut Conn) {
    static BCRYPT: OnceLock<String> = OnceLock::new();
    let bcrypt = BCRYPT.get_or_init(|| bcrypt::hash("changgou", 4).unwrap());
    for nth in 0..BUYERS {
        let password = match nth % 3 {
            0 | 1 => bcrypt.as_str(),
            _ if nth % 2 == 0 => "e10adc3949ba59abbe56e057f20f883e",
            _ => "123456",
        };
        let points = if nth % 2 == 0 { "null".to_owned() } else { (nth * 10).to_string() };
        let birthday = if nth % 4 == 0 { "'0000-00-00 00:00:00'" } else { "'1990-02-03 00:00:00'" };
        let created = if nth == 3 { "0000-00-00 00:00:00" } else { "2019-10-08 08:58:01" };
        let sql = format!(
            "insert into tb_user (username, password, created, updated, nick_name, phone, points, birthday) values \
             ('buyer{nth}', '{password}', '{created}', '2019-10-09 08:58:01', '买家{nth}', '1380013{nth:04}', {points}, {birthday})"
        );
        old.query_drop(sql).await.unwrap();
        let sql = format!(
            "insert into tb_address (username, provinceid, cityid, areaid, phone, address, contact, is_default) values \
             ('buyer{nth}', '440000', '440300', '440305', '13800138000', '科苑路 {nth} 号', '张三', '1')"
        );
        old.query_drop(sql).await.unwrap();
    }
}

async fn goods(old: &mut Conn) {
    for nth in 0..SKUS {
        let sql = format!(
            "insert into tb_sku (id, sn, name, price, num, sale_num, spec) values ({}, '', 'vivo X23 {nth}', {}, 1000, 5, '{{}}')",
            sku(nth),
            price(nth)
        );
        old.query_drop(sql).await.unwrap();
    }
}

fn sku(nth: usize) -> i64 {
    100_000_003_145 + i64::try_from(nth).unwrap()
}

fn price(nth: usize) -> usize {
    100 + nth * 50
}

/// Orders in every state of the Java shop: the state columns, and what else is set.
const STATES: &[(&str, [&str; 3], &str)] = &[
    ("'1'", ["0", "0", "0"], "null"),
    ("'1'", ["0", "1", "0"], "paid"),
    ("'1'", ["1", "1", "0"], "paid"),
    ("'1'", ["0", "1", "1"], "paid"),
    ("'1'", ["1", "1", "2"], "paid"),
    ("'0'", ["0", "0", "0"], "null"),
    ("'0'", ["0", "0", "1"], "null"),
    ("'1'", ["0", "2", "0"], "null"),
    ("'1'", ["4", "0", "0"], "null"),
    ("'1'", ["0", "1", "0"], "null"),
];

async fn fill(old: &mut Conn, edition: Edition, orders: usize) {
    let mut ids = IdWorker(1_181_000_000_000_000_000);
    let (mut heads, mut lines) = (Vec::new(), Vec::new());
    for nth in 0..orders {
        let digits = ids.next();
        let id = format!("{}{digits}", edition.prefix);
        let (pay_type, letters, payment) = STATES[nth % STATES.len()];
        let (mut num, mut money) = (0, 0);
        for line in 0..1 + nth % 3 {
            let (which, count) = ((nth + line) % SKUS, 1 + line % 2);
            let named = match edition.named {
                Named::ById => format!("'{id}'"),
                Named::ByDigits => digits.to_string(),
                Named::Lost => "0".to_owned(),
            };
            (num, money) = (num + count, money + count * price(which));
            lines.push(format!(
                "('{}{}', {}, {named}, '货', {}, {count}, {}, {}, '0')",
                edition.prefix,
                ids.next(),
                sku(which),
                price(which),
                count * price(which),
                if nth % 5 == 0 { "null".to_owned() } else { (count * price(which)).to_string() }
            ));
        }
        let transaction = if payment == "paid" { format!("'42000{digits}'") } else { "null".to_owned() };
        heads.push(format!(
            "('{id}', {num}, {money}, 0, {money}, {pay_type}, '2019-10-{:02} 10:00:00', '2019-10-28 10:00:00', \
             {}, 'buyer{}', '0', '张三', '13800138000', '深圳', '1', {transaction}, '{}', '{}', '{}', null)",
            1 + nth % 28,
            if payment == "paid" { "'2019-10-28 10:00:00'" } else { "'0000-00-00 00:00:00'" },
            nth % BUYERS,
            letters[0],
            letters[1],
            letters[2]
        ));
    }
    let head = "insert into tb_order (id, total_num, total_money, pre_money, pay_money, pay_type, create_time, update_time, \
        pay_time, username, buyer_rate, receiver_contact, receiver_mobile, receiver_address, source_type, transaction_id, \
        order_status, pay_status, consign_status, is_delete) values ";
    let tail = "insert into tb_order_item (id, sku_id, order_id, name, price, num, money, pay_money, is_return) values ";
    for (head, rows) in [(head, &heads), (tail, &lines)] {
        for chunk in rows.chunks(1000) {
            old.query_drop(format!("{head}{}", chunk.join(","))).await.unwrap();
        }
    }
}

/// The results of these queries as text.
pub async fn answers(url: &str, questions: &[&str]) -> Vec<String> {
    let mut asked = servers::connect(url).await;
    let mut all = Vec::new();
    for sql in questions {
        let rows: Vec<mysql_async::Row> =
            asked.query(*sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        let mut text = String::new();
        for row in rows {
            let values: Vec<String> = row.unwrap().iter().map(|value| value.as_sql(true)).collect();
            writeln!(text, "{}", values.join(", ")).unwrap();
        }
        all.push(format!("{sql}\n{text}"));
    }
    asked.disconnect().await.unwrap();
    all
}

/// Runs statements on the database directly.
pub async fn change(url: &str, statements: &[&str]) {
    let mut asked = servers::connect(url).await;
    asked.query_drop("set session sql_mode = ''").await.unwrap();
    for sql in statements {
        asked.query_drop(*sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
    asked.disconnect().await.unwrap();
}

/// The settings of a migration in a test.
pub fn adoption(piece: u32) -> changgou::infra::db::Adoption {
    changgou::infra::db::Adoption {
        now: START,
        receive_after: std::time::Duration::from_secs(15 * 86_400),
        piece,
    }
}
