-- Money that goes back. A row is written before WeChat is asked, and its number never changes.
create table if not exists payment_refund (
  out_refund_no varchar(64) not null primary key,
  -- the attempt whose money it is
  out_trade_no varchar(32) not null,
  order_id varchar(50) not null,
  -- 'goods', 'money', 'paid_after_close', 'paid_twice', 'mismatch', 'again' or 'platform'
  cause varchar(20) not null,
  -- what the buyer reads
  reason varchar(80) not null,
  refund_fee bigint not null check (refund_fee > 0),
  -- 'opened', 'processing', 'done', 'closed', 'abnormal' or 'refused'
  state varchar(20) not null,
  -- the very bytes that are sent, so that an unknown outcome is asked again with them; empty if WeChat told of it first
  request varchar(8000) not null,
  sign_type varchar(30) not null,
  asked bigint not null default 0,
  refund_id varchar(32) unique,
  -- what WeChat said last
  told varchar(300),
  -- who wanted it: a buyer, an operator, 'shop' or 'wechat'
  actor varchar(50) not null,
  -- the caller's own name for it, so that a repeated request is the same refund
  request_key varchar(150) unique,
  arrived_ms bigint,
  created_ms bigint not null,
  key payment_refund_order (order_id),
  key payment_refund_trade (out_trade_no),
  key payment_refund_state (state, created_ms)
) engine=innodb default charset=utf8mb4 collate=utf8mb4_bin;

-- How much of a payment was paid and how much of that goes back; one guarded update bounds it.
create table if not exists payment_refunded (
  out_trade_no varchar(32) not null primary key,
  paid_fee bigint not null,
  refund_fee bigint not null default 0,
  check (refund_fee >= 0 and refund_fee <= paid_fee)
) engine=innodb default charset=utf8mb4 collate=utf8mb4_bin;

-- Which lines a refund is for.
create table if not exists payment_refund_item (
  out_refund_no varchar(64) not null,
  item_id varchar(50) not null,
  sku_id bigint not null,
  num bigint not null check (num > 0),
  -- pieces that are in stock again
  restocked bigint not null,
  -- what goes back for the line, in fen
  refund_fee bigint not null,
  primary key (out_refund_no, item_id),
  key payment_refund_item_line (item_id)
) engine=innodb default charset=utf8mb4 collate=utf8mb4_bin;

-- A buyer wants money back for goods that left: an operator decides.
create table if not exists refund_request (
  id bigint not null primary key,
  -- the order while this request waits, else null: at most one does
  open_order_id varchar(50) unique,
  order_id varchar(50) not null,
  reason varchar(200) not null,
  -- 'asked', 'granted' or 'denied'
  state varchar(10) not null,
  answer varchar(200),
  at_ms bigint not null,
  decided_ms bigint,
  key refund_request_order (order_id),
  key refund_request_state (state, at_ms)
) engine=innodb default charset=utf8mb4 collate=utf8mb4_bin;
