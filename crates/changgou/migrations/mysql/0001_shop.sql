-- The schema on the MySQL family, as one step: what SQLite reached in several.
-- The seed's tables keep their names, columns and meaning. Each statement may be
-- run again, for there is no transaction around them: the family commits each
-- change of the schema by itself. Where a table of the Java shop stands already,
-- it is left here and brought up to date by the adoption.
-- `datetime` columns hold UTC, `*_ms` columns hold milliseconds since 1970 in
-- UTC, money is whole fen.

create table if not exists tb_user (
  username varchar(50) not null primary key,
  password varchar(100) not null,
  phone varchar(20),
  email varchar(50),
  created datetime not null,
  updated datetime not null,
  source_type varchar(1),
  nick_name varchar(50),
  name varchar(50),
  status varchar(1) not null default '1',
  head_pic varchar(150),
  qq varchar(20),
  is_mobile_check varchar(1) default '0',
  is_email_check varchar(1) default '0',
  sex varchar(1) default '1',
  user_level bigint,
  points bigint not null default 0 check (points >= 0),
  experience_value bigint,
  birthday datetime,
  last_login_time datetime,
  -- 'buyer' or 'operator'
  role varchar(10) not null default 'buyer',
  -- points of `points` that orders earned which may still close: they cannot be spent yet
  points_pending bigint not null default 0
) engine=innodb default charset=utf8mb4 collate=utf8mb4_bin;

-- A login. Only hashes of the tokens are kept: who reads the table cannot log in.
create table if not exists session (
  token_hash char(64) not null primary key,
  refresh_hash char(64) not null unique,
  jti varchar(32) not null,
  username varchar(50) not null,
  expires_ms bigint not null,
  refresh_expires_ms bigint not null,
  key session_expiry (refresh_expires_ms),
  key session_user (username)
) engine=innodb default charset=utf8mb4 collate=utf8mb4_bin;

create table if not exists tb_address (
  id bigint not null primary key,
  username varchar(50) not null,
  provinceid varchar(20),
  cityid varchar(20),
  areaid varchar(20),
  phone varchar(20),
  address varchar(200),
  contact varchar(50),
  is_default varchar(1) not null default '0',
  alias varchar(50),
  key address_user (username, id)
) engine=innodb default charset=utf8mb4 collate=utf8mb4_bin;

create table if not exists tb_sku (
  id bigint not null primary key,
  sn varchar(100) not null,
  name varchar(200) not null,
  name_en varchar(200),
  caption varchar(200),
  caption_en varchar(200),
  price bigint not null check (price >= 0),
  num bigint not null check (num >= 0),
  alert_num bigint,
  image varchar(200),
  images varchar(2000),
  weight bigint,
  create_time datetime,
  update_time datetime,
  spu_id varchar(20),
  category_id bigint,
  category_name varchar(200),
  brand_name varchar(100),
  spec varchar(200),
  sale_num bigint not null default 0,
  comment_num bigint not null default 0,
  -- 1 on sale, 2 off the shelf, 3 deleted
  status char(1) not null default '1',
  -- pieces one buyer may have of this SKU in a sale; null: any number.
  -- only orders placed under the same sale_from_ms, while there was a limit, count
  buyer_limit bigint,
  -- when it may be bought, ms UTC: from the first, before the second; null: no bound
  sale_from_ms bigint,
  sale_to_ms bigint,
  key sku_shelf (status, id)
) engine=innodb default charset=utf8mb4 collate=utf8mb4_bin;

-- Words and pairs of letters of SKU names: search without reading every row.
create table if not exists sku_term (
  term varchar(20) not null,
  sku_id bigint not null,
  primary key (term, sku_id),
  key sku_term_sku (sku_id)
) engine=innodb default charset=utf8mb4 collate=utf8mb4_bin;

-- Why the stock of a SKU is what it is: num and sale_num are the sums of this ledger.
-- Keyed by order first: order ids rise, so the ledger grows at its end and an
-- order touches one page of it, not one a SKU.
create table if not exists stock_movement (
  sku_id bigint not null,
  -- 'opening', 'place', 'close' or 'adjust'
  kind varchar(10) not null,
  -- the order, or the number of the adjustment
  ref varchar(50) not null,
  num bigint not null,
  sale_num bigint not null,
  at_ms bigint not null,
  primary key (ref, sku_id, kind)
) engine=innodb default charset=utf8mb4 collate=utf8mb4_bin;

-- Why a buyer has the points they have: tb_user.points is the sum of this ledger.
-- Keyed by order first, for the same reason.
create table if not exists points_entry (
  username varchar(50) not null,
  -- 'opening', 'place', 'close' or 'adjust'
  kind varchar(10) not null,
  ref varchar(50) not null,
  points bigint not null,
  at_ms bigint not null,
  primary key (ref, username, kind)
) engine=innodb default charset=utf8mb4 collate=utf8mb4_bin;

create table if not exists cart_line (
  username varchar(50) not null,
  sku_id bigint not null,
  num bigint not null check (num > 0),
  -- '1' if it is to be bought with the next order
  selected char(1) not null default '1',
  -- the price in fen when it was put in: a change since then is shown
  price_seen bigint not null,
  added_ms bigint not null,
  primary key (username, sku_id)
) engine=innodb default charset=utf8mb4 collate=utf8mb4_bin;

-- Lines of carts in the cache that were bought: each once, whatever the cache says.
create table if not exists cart_taken (
  username varchar(50) not null,
  sku_id bigint not null,
  stamp varchar(32) not null,
  order_id varchar(50) not null,
  -- '1' once the line is removed from the cache
  removed char(1) not null default '0',
  -- when it was bought, and then when it was removed
  at_ms bigint not null,
  primary key (username, sku_id, stamp),
  key cart_taken_owed (removed, at_ms)
) engine=innodb default charset=utf8mb4 collate=utf8mb4_bin;

create table if not exists tb_order (
  id varchar(50) not null primary key,
  total_num bigint not null,
  total_money bigint not null,
  pre_money bigint not null,
  post_fee bigint not null,
  pay_money bigint not null check (pay_money >= 0),
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
  transaction_id varchar(32) unique,
  order_status char(1) not null,
  pay_status char(1) not null,
  consign_status char(1) not null,
  is_delete char(1) not null default '0',
  coupon_id bigint,
  -- pre_money = coupon_money + points_money, in fen
  coupon_money bigint not null default 0,
  points_used bigint not null default 0,
  points_money bigint not null default 0,
  key order_user (username, is_delete, id)
) engine=innodb default charset=utf8mb4 collate=utf8mb4_bin;

create table if not exists tb_order_item (
  id varchar(50) not null primary key,
  category_id1 bigint,
  category_id2 bigint,
  category_id3 bigint,
  spu_id varchar(20),
  sku_id bigint not null,
  order_id varchar(50) not null,
  name varchar(200),
  price bigint not null,
  num bigint not null,
  money bigint not null,
  pay_money bigint not null,
  image varchar(200),
  weight bigint,
  post_fee bigint not null default 0,
  is_return char(1) not null default '0',
  key order_item_order (order_id)
) engine=innodb default charset=utf8mb4 collate=utf8mb4_bin;

-- What happened to an order, one row each, for buyers, operators and other systems.
create table if not exists order_event (
  id bigint not null primary key,
  order_id varchar(50) not null,
  -- 'placed', 'paid', 'shipped', 'received', 'closed', 'paid_after_close', …
  kind varchar(30) not null,
  -- who did it: a username, 'wechat' or 'shop'
  actor varchar(50) not null,
  detail varchar(1000),
  at_ms bigint not null,
  key order_event_order (order_id, id)
) engine=innodb default charset=utf8mb4 collate=utf8mb4_bin;

-- A request that was answered: the same key gives the same order.
create table if not exists idempotency_key (
  username varchar(50) not null,
  key_text varchar(255) not null,
  request_hash char(64) not null,
  order_id varchar(50) not null,
  expires_ms bigint not null,
  primary key (username, key_text),
  key idempotency_key_expiry (expires_ms)
) engine=innodb default charset=utf8mb4 collate=utf8mb4_bin;

-- One try to get an order paid. An order has many, at most one of them live.
create table if not exists payment_attempt (
  out_trade_no varchar(32) not null primary key,
  order_id varchar(50) not null,
  -- the order while this attempt is live, else null: at most one is
  live_order_id varchar(50) unique,
  protocol varchar(10) not null,
  sign_type varchar(20) not null,
  total_fee bigint not null check (total_fee > 0),
  -- 'opened', 'waiting', 'paid', 'closed', 'paid_late', 'paid_twice' or 'held'
  state varchar(20) not null,
  -- the very bytes that were sent, so that an unknown outcome is asked again with them
  request varchar(8000) not null,
  code_url varchar(512),
  code_made_ms bigint,
  -- who asks WeChat now, and until when nobody else does
  asking_until_ms bigint not null default 0,
  asked bigint not null default 0,
  transaction_id varchar(32) unique,
  openid varchar(128),
  paid_ms bigint,
  created_ms bigint not null,
  key payment_attempt_order (order_id)
) engine=innodb default charset=utf8mb4 collate=utf8mb4_bin;

-- Every authentic notice, before it is acted on.
create table if not exists notice_inbox (
  id bigint not null primary key,
  -- what it says, so that copies are one row
  meaning varchar(100) not null unique,
  out_trade_no varchar(32) not null,
  body varchar(8000) not null,
  outcome varchar(30) not null,
  copies bigint not null,
  first_ms bigint not null,
  last_ms bigint not null,
  key notice_inbox_trade (out_trade_no)
) engine=innodb default charset=utf8mb4 collate=utf8mb4_bin;

-- What no program may decide: money that waits for a person.
create table if not exists payment_flag (
  id bigint not null primary key,
  -- 'paid_after_close', 'paid_twice', 'mismatch' or 'unknown_trade'
  kind varchar(30) not null,
  out_trade_no varchar(32) not null,
  transaction_id varchar(32) not null,
  order_id varchar(50),
  total_fee bigint not null,
  detail varchar(1000) not null,
  at_ms bigint not null,
  resolved_ms bigint,
  unique (kind, out_trade_no, transaction_id)
) engine=innodb default charset=utf8mb4 collate=utf8mb4_bin;

-- Work that is due at a time: close an unpaid order, ask about a payment.
create table if not exists due (
  -- 'close', 'ask', 'withdraw' or 'receive'
  kind varchar(10) not null,
  ref varchar(50) not null,
  due_ms bigint not null,
  tries bigint not null default 0,
  detail varchar(100),
  primary key (kind, ref),
  key due_time (due_ms)
) engine=innodb default charset=utf8mb4 collate=utf8mb4_bin;

-- Worker numbers for ids, leased so that no two processes share one.
create table if not exists worker_lease (
  worker bigint not null primary key,
  holder varchar(50) not null,
  until_ms bigint not null
) engine=innodb default charset=utf8mb4 collate=utf8mb4_bin;

-- A kind of coupon: what it promises, to whom, and for how long.
create table if not exists coupon_template (
  id bigint not null primary key,
  name varchar(100) not null,
  name_en varchar(100),
  -- 'amount' or 'percent'
  kind varchar(10) not null,
  -- fen taken off, if the kind is 'amount'
  amount bigint not null default 0,
  -- hundredths taken off and the most fen, if the kind is 'percent'
  percent bigint not null default 0,
  most bigint not null default 0,
  -- what the lines it is about must cost at least, in fen
  min_money bigint not null default 0,
  -- 'all', 'sku' or 'category'; the numbers are separated by commas
  scope varchar(10) not null default 'all',
  scope_ids varchar(4000) not null default '',
  -- when its coupons are good: a window, days from when one is granted, or both
  from_ms bigint,
  until_ms bigint,
  valid_days bigint,
  -- how many are granted at most, in all and to one buyer; null: any number
  total_num bigint,
  buyer_num bigint,
  granted_num bigint not null default 0,
  -- '1' if one is granted with each paid order of at least grant_min_money fen
  grant_on_paid char(1) not null default '0',
  grant_min_money bigint not null default 0,
  -- '1' granted, '2' no longer granted; what was granted stays good
  status char(1) not null default '1',
  created_ms bigint not null,
  key coupon_template_rule (grant_on_paid, status)
) engine=innodb default charset=utf8mb4 collate=utf8mb4_bin;

-- A coupon in somebody's hands.
create table if not exists coupon (
  id bigint not null primary key,
  template_id bigint not null,
  username varchar(50) not null,
  -- what it was granted for: a paid order, or the number of an operator's grant
  ref varchar(50) not null,
  from_ms bigint not null,
  until_ms bigint not null,
  granted_ms bigint not null,
  -- the open or paid order it is used by
  order_id varchar(50) unique,
  used_ms bigint,
  unique (template_id, username, ref),
  key coupon_user (username, order_id, until_ms)
) engine=innodb default charset=utf8mb4 collate=utf8mb4_bin;

-- What buyers have of SKUs that are limited: a row an open or paid order line.
create table if not exists limited_purchase (
  username varchar(50) not null,
  sku_id bigint not null,
  -- the sale it counts for: the SKU's sale_from_ms then, 0 if it had none
  sale_ms bigint not null,
  order_id varchar(50) not null,
  num bigint not null,
  -- the limit in force then
  buyer_limit bigint not null,
  primary key (username, sku_id, sale_ms, order_id),
  key limited_purchase_order (order_id)
) engine=innodb default charset=utf8mb4 collate=utf8mb4_bin;

-- What other systems are still to be told through a broker. A row is written
-- in the transaction of the change it tells of, and deleted when the broker
-- has confirmed it. Rows are read oldest first, so the key is the one index.
create table if not exists outbox (
  -- of an event: its number in order_event; of a payment result: its number in notice_inbox
  id bigint not null primary key,
  -- 'events' or 'payment_results'
  destination varchar(30) not null,
  routing_key varchar(100) not null,
  body varchar(8000) not null,
  created_ms bigint not null,
  -- not to be sent before; a claim moves it
  due_ms bigint not null,
  -- when it was last claimed or put off
  tried_ms bigint not null,
  tries bigint not null,
  -- who has claimed it, 0 for nobody
  claim bigint not null
) engine=innodb default charset=utf8mb4 collate=utf8mb4_bin;

-- What was taken over from a shop that kept its books in another way, and is
-- not as ours must be: the audit excuses these rows from the law they break.
create table if not exists adoption_note (
  -- such as 'wrong_sums' or 'line_without_order'
  kind varchar(30) not null,
  -- the row it is about
  ref varchar(200) not null,
  detail varchar(1000) not null,
  primary key (kind, ref)
) engine=innodb default charset=utf8mb4 collate=utf8mb4_bin;

-- Steps of taking such a shop over that are done.
create table if not exists adoption_step (
  name varchar(50) not null primary key,
  done_ms bigint not null
) engine=innodb default charset=utf8mb4 collate=utf8mb4_bin;
