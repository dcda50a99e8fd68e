-- Which WeChat is whose: who scans a SKU's code buys as this account. Others buy as guests.
create table openid_binding (
  openid varchar(128) not null primary key,
  username varchar(50) not null unique,
  -- the operator who said so
  bound_by varchar(50) not null,
  bound_ms bigint not null
) without rowid;

-- Orders made by a scan of a SKU's code, written down before they are placed.
create table scan_order (
  order_id varchar(50) not null primary key,
  openid varchar(128) not null,
  sku_id bigint not null,
  username varchar(50) not null,
  -- SKU and payer while the order may be paid, else null: at most one may
  live_key varchar(160) unique,
  -- when it was about to be placed last; 0: it was refused
  tried_ms bigint not null,
  created_ms bigint not null
);
create index scan_order_openid on scan_order (openid, live_key);
create index scan_order_newest on scan_order (created_ms, order_id);

-- By which a scan is answered; API v3 tells none.
alter table payment_attempt add column prepay_id varchar(64);
