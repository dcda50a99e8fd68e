-- Coupons, points spent, purchase limits and sale windows.

-- A kind of coupon: what it promises, to whom, and for how long.
create table coupon_template (
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
  created_ms bigint not null
) engine=innodb default charset=utf8mb4 collate=utf8mb4_bin;
create index coupon_template_rule on coupon_template (grant_on_paid, status);

-- A coupon in somebody's hands.
create table coupon (
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
  unique (template_id, username, ref)
) engine=innodb default charset=utf8mb4 collate=utf8mb4_bin;
create index coupon_user on coupon (username, order_id, until_ms);

alter table tb_order add column coupon_id bigint;
-- pre_money = coupon_money + points_money, in fen
alter table tb_order add column coupon_money bigint not null default 0;
alter table tb_order add column points_used bigint not null default 0;
alter table tb_order add column points_money bigint not null default 0;

-- Pieces one buyer may have of this SKU in a sale; null: any number.
-- Only orders placed under the same sale_from_ms, while there was a limit, count.
alter table tb_sku add column buyer_limit bigint;
-- When it may be bought, ms UTC: from the first, before the second; null: no bound.
alter table tb_sku add column sale_from_ms bigint;
alter table tb_sku add column sale_to_ms bigint;

-- Points of tb_user.points that orders earned which may still close: they cannot be spent yet.
alter table tb_user add column points_pending bigint not null default 0;
update tb_user set points_pending = coalesce((
  select p.points from (
    select o.username as username, sum(e.points) as points from tb_order o
    join points_entry e on e.ref = o.id and e.username = o.username and e.kind = 'place'
    where o.pay_type = '1' and o.order_status = '0' and o.pay_status = '0' group by o.username
  ) p where p.username = tb_user.username), 0);
-- Whoever has fewer, because an operator took some, gets them back until those orders are over.
insert into points_entry (username, kind, ref, points, at_ms)
  select username, 'adjust', 'pending', points_pending - points, 0 from tb_user where points < points_pending;
update tb_user set points = points_pending where points < points_pending;

-- What buyers have of SKUs that are limited: a row an open or paid order line.
create table limited_purchase (
  username varchar(50) not null,
  sku_id bigint not null,
  -- the sale it counts for: the SKU's sale_from_ms then, 0 if it had none
  sale_ms bigint not null,
  order_id varchar(50) not null,
  num bigint not null,
  -- the limit in force then
  buyer_limit bigint not null,
  primary key (username, sku_id, sale_ms, order_id)
) engine=innodb default charset=utf8mb4 collate=utf8mb4_bin;
create index limited_purchase_order on limited_purchase (order_id);
