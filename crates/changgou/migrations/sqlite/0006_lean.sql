-- Fewer trees to write to for an order placed and for one paid. A bigint key that is no rowid has a second tree beside
-- its table, and a column that is mostly null has an entry a row in its index: here keys are rowids, or the order of the
-- table itself, and what is null is in no index.

create table tb_order_new (
  id varchar(50) not null primary key,
  total_num integer not null,
  total_money integer not null,
  pre_money integer not null,
  post_fee integer not null,
  pay_money integer not null check (pay_money >= 0),
  pay_type varchar(1) not null,
  create_time datetime not null,
  update_time datetime not null,
  pay_time datetime,
  consign_time datetime,
  end_time datetime,
  close_time datetime,
  -- 'buyer', 'expired' or 'operator'
  close_reason varchar(20),
  -- until when it may be paid, ms UTC; null if it is not paid online
  pay_by_ms bigint,
  shipping_name varchar(20),
  shipping_code varchar(20),
  username varchar(50) not null,
  buyer_message varchar(1000),
  buyer_rate char(1) not null,
  receiver_contact varchar(50),
  receiver_mobile varchar(20),
  receiver_address varchar(200),
  source_type char(1) not null,
  transaction_id varchar(32),
  order_status char(1) not null,
  pay_status char(1) not null,
  consign_status char(1) not null,
  is_delete char(1) not null default '0',
  coupon_id bigint,
  coupon_money integer not null default 0,
  points_used integer not null default 0,
  points_money integer not null default 0
);
insert into tb_order_new select * from tb_order;
drop table tb_order;
alter table tb_order_new rename to tb_order;
create index order_user on tb_order (username, is_delete, id);
create unique index order_transaction on tb_order (transaction_id) where transaction_id is not null;

create table tb_order_item_new (
  id varchar(50) not null,
  category_id1 integer,
  category_id2 integer,
  category_id3 integer,
  spu_id varchar(20),
  sku_id bigint not null,
  order_id varchar(50) not null,
  name varchar(200),
  price integer not null,
  num integer not null,
  money integer not null,
  pay_money integer not null,
  image varchar(200),
  weight integer,
  post_fee integer not null default 0,
  is_return char(1) not null default '0',
  primary key (order_id, id)
) without rowid;
insert into tb_order_item_new select * from tb_order_item;
drop table tb_order_item;
alter table tb_order_item_new rename to tb_order_item;

create table order_event_new (
  id bigint not null,
  order_id varchar(50) not null,
  -- 'placed', 'paid', 'shipped', 'received', 'closed', 'paid_after_close', …
  kind varchar(30) not null,
  -- who did it: a username, 'wechat' or 'shop'
  actor varchar(50) not null,
  detail varchar(1000),
  at_ms bigint not null,
  primary key (order_id, id)
) without rowid;
insert into order_event_new select * from order_event;
drop table order_event;
alter table order_event_new rename to order_event;

create table payment_attempt_new (
  out_trade_no varchar(32) not null primary key,
  order_id varchar(50) not null,
  -- the order while this attempt is live, else null: at most one is
  live_order_id varchar(50),
  protocol varchar(10) not null,
  sign_type varchar(20) not null,
  total_fee integer not null check (total_fee > 0),
  -- 'opened', 'waiting', 'paid', 'closed', 'paid_late', 'paid_twice' or 'held'
  state varchar(20) not null,
  -- the very bytes that were sent, so that an unknown outcome is asked again with them
  request varchar(8000) not null,
  code_url varchar(512),
  code_made_ms bigint,
  -- who asks WeChat now, and until when nobody else does
  asking_until_ms bigint not null default 0,
  asked bigint not null default 0,
  transaction_id varchar(32),
  openid varchar(128),
  paid_ms bigint,
  created_ms bigint not null,
  prepay_id varchar(64)
);
insert into payment_attempt_new select * from payment_attempt;
drop table payment_attempt;
alter table payment_attempt_new rename to payment_attempt;
create index payment_attempt_order on payment_attempt (order_id);
create unique index payment_attempt_live on payment_attempt (live_order_id) where live_order_id is not null;
create unique index payment_attempt_transaction on payment_attempt (transaction_id) where transaction_id is not null;
create index payment_attempt_paid on payment_attempt (paid_ms, out_trade_no) where paid_ms is not null;

create table coupon_new (
  id integer primary key,
  template_id bigint not null,
  username varchar(50) not null,
  -- what it was granted for: a paid order, or the number of an operator's grant
  ref varchar(50) not null,
  from_ms bigint not null,
  until_ms bigint not null,
  granted_ms bigint not null,
  -- the open or paid order it is used by
  order_id varchar(50),
  used_ms bigint,
  unique (template_id, username, ref)
);
insert into coupon_new select * from coupon;
drop table coupon;
alter table coupon_new rename to coupon;
create index coupon_user on coupon (username, order_id, until_ms);
create unique index coupon_order on coupon (order_id) where order_id is not null;

create table notice_inbox_new (
  id integer primary key,
  -- what it says, so that copies are one row
  meaning varchar(100) not null unique,
  out_trade_no varchar(32) not null,
  body varchar(8000) not null,
  outcome varchar(30) not null,
  copies bigint not null,
  first_ms bigint not null,
  last_ms bigint not null
);
insert into notice_inbox_new select * from notice_inbox;
drop table notice_inbox;
alter table notice_inbox_new rename to notice_inbox;
