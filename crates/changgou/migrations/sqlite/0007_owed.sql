-- What carts owe the cache is one row for all lines that were bought together, not two indexed columns of each.
create table cart_owed (
  -- the first of the orders that took them
  order_id varchar(50) not null primary key,
  -- all those orders, as JSON
  orders text not null,
  -- '1' once the lines are removed from the cache
  removed char(1) not null default '0',
  -- when they were bought, and then when they were removed
  at_ms bigint not null
) without rowid;
create index cart_owed_due on cart_owed (removed, at_ms);
insert into cart_owed (order_id, orders, removed, at_ms)
  select order_id, json_array(order_id), min(removed), max(at_ms) from cart_taken group by order_id;
drop index cart_taken_owed;
alter table cart_taken drop column removed;
alter table cart_taken drop column at_ms;
