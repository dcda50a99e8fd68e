-- Which WeChat is whose: who scans a SKU's code buys as this account. Others buy as guests.
create table if not exists openid_binding (
  openid varchar(128) not null primary key,
  username varchar(50) not null unique,
  -- the operator who said so
  bound_by varchar(50) not null,
  bound_ms bigint not null
) engine=innodb default charset=utf8mb4 collate=utf8mb4_bin;

-- Orders made by a scan of a SKU's code, written down before they are placed.
create table if not exists scan_order (
  order_id varchar(50) not null primary key,
  openid varchar(128) not null,
  sku_id bigint not null,
  username varchar(50) not null,
  -- SKU and payer while the order may be paid, else null: at most one may
  live_key varchar(160) unique,
  -- when it was about to be placed last; 0: it was refused
  tried_ms bigint not null,
  created_ms bigint not null,
  key scan_order_openid (openid, live_key),
  key scan_order_newest (created_ms, order_id)
) engine=innodb default charset=utf8mb4 collate=utf8mb4_bin;

-- By which a scan is answered; API v3 tells none. No server but MariaDB knows `if not exists` here.
set @there = (select count(*) from information_schema.columns where table_schema = database()
  and table_name = 'payment_attempt' and column_name = 'prepay_id');
set @make = if(@there = 0, '
alter table payment_attempt add column prepay_id varchar(64)
', 'do 0');
prepare make_column from @make;
execute make_column;
deallocate prepare make_column;
