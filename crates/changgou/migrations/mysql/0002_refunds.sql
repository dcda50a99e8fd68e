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

-- What our books say was paid on a day. No server but MariaDB knows `if not exists` here.
set @there = (select count(*) from information_schema.statistics where table_schema = database()
  and table_name = 'payment_attempt' and index_name = 'payment_attempt_paid');
set @make = if(@there = 0, 'create index payment_attempt_paid on payment_attempt (paid_ms, out_trade_no)', 'do 0');
prepare make_index from @make;
execute make_index;
deallocate prepare make_index;

-- How the comparison of a day (UTC+8) with one of WeChat's bills went last.
create table if not exists reconcile_run (
  bill_day varchar(10) not null,
  -- 'trade' or 'fund_flow'
  bill varchar(10) not null,
  -- the run; a later one takes the row over
  run_id bigint not null,
  -- 'loading', 'compared', 'empty', 'creating' or 'failed'
  state varchar(10) not null,
  -- why there is no bill
  told varchar(300),
  bill_rows bigint not null default 0,
  -- payments or income: how many and how much, in fen
  came bigint not null default 0,
  came_fen bigint not null default 0,
  -- refunds or expenses: how many and how much, in fen
  went bigint not null default 0,
  went_fen bigint not null default 0,
  -- WeChat's fee, in hundred-thousandths of a yuan
  fee bigint not null default 0,
  -- the same payments by our own books
  ours_came bigint not null default 0,
  ours_came_fen bigint not null default 0,
  -- lines that agree
  agreed bigint not null default 0,
  started_ms bigint not null,
  finished_ms bigint,
  primary key (bill_day, bill)
) engine=innodb default charset=utf8mb4 collate=utf8mb4_bin;

-- The lines of a bill that is being compared; gone when that is done.
create table if not exists bill_row (
  run_id bigint not null,
  line bigint not null,
  -- 'payment', 'refund', 'flow_pay', 'flow_fee', 'flow_refund' or 'flow_other'
  kind varchar(12) not null,
  -- our number of the payment or refund
  ours_no varchar(64) not null,
  -- WeChat's number of it
  theirs_no varchar(64) not null,
  -- a refund: the attempt whose money it is
  out_trade_no varchar(64) not null,
  -- a refund's status or a flow's kind, as WeChat writes it
  word varchar(64) not null,
  -- in fen, never negative
  amount bigint not null,
  settled bigint not null,
  -- in hundred-thousandths of a yuan
  fee bigint not null,
  rate varchar(20) not null,
  at_ms bigint not null,
  primary key (run_id, line),
  key bill_row_ours (run_id, kind, ours_no),
  key bill_row_theirs (run_id, kind, theirs_no)
) engine=innodb default charset=utf8mb4 collate=utf8mb4_bin;

-- Where our books and WeChat's bill of a day differ, and what became of it.
create table if not exists reconcile_difference (
  bill_day varchar(10) not null,
  kind varchar(30) not null,
  -- the payment or refund it is about: our number of it, or WeChat's
  ref varchar(64) not null,
  bill varchar(10) not null,
  -- the run that saw it last
  run_id bigint not null,
  out_trade_no varchar(64) not null,
  theirs_no varchar(64) not null,
  order_id varchar(50),
  -- in fen; null: not there
  ours bigint,
  theirs bigint,
  -- words of both sides, such as the states of a refund
  detail varchar(200) not null,
  found_ms bigint not null,
  resolved_ms bigint,
  primary key (bill_day, kind, ref)
) engine=innodb default charset=utf8mb4 collate=utf8mb4_bin;

-- The signature of API v3 has a longer name. A column that is as wide already stays as it is.
alter table payment_attempt modify sign_type varchar(30) not null;

-- A notice may be as long as the door takes, and is kept and passed on whole.
alter table notice_inbox modify body mediumtext not null;
alter table outbox modify body mediumtext not null;
