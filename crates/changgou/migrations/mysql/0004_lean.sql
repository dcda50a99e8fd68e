-- Fewer trees to write to for an order: its lines and its history lie with it, as one tree each, and what its cart
-- owes the cache is one row a batch. Each statement may be run again; no server but MariaDB knows `if exists` here,
-- so each is made only where it is still to be done. TiDB cannot give a table another primary key: there both keep theirs.

-- Whose bought lines are still to be removed from the cache, or then to be forgotten: one row for all that were bought together.
create table if not exists cart_owed (
  -- the first of the orders that took them
  order_id varchar(50) not null primary key,
  -- all those orders, as JSON
  orders text not null,
  -- '1' once the lines are removed from the cache
  removed char(1) not null default '0',
  -- when they were bought, and then when they were removed
  at_ms bigint not null,
  key cart_owed_due (removed, at_ms)
) engine=innodb default charset=utf8mb4 collate=utf8mb4_bin;

set @there = (select count(*) from information_schema.columns where table_schema = database()
  and table_name = 'cart_taken' and column_name = 'removed');
set @make = if(@there = 1, '
insert ignore into cart_owed (order_id, orders, removed, at_ms)
  select order_id, json_array(order_id), min(removed), max(at_ms) from cart_taken group by order_id
', 'do 0');
prepare move_owed from @make;
execute move_owed;
deallocate prepare move_owed;
set @there = (select count(*) from information_schema.statistics where table_schema = database()
  and table_name = 'cart_taken' and index_name = 'cart_taken_owed' and seq_in_index = 1);
set @make = if(@there = 1, '
alter table cart_taken drop key cart_taken_owed
', 'do 0');
prepare drop_owed from @make;
execute drop_owed;
deallocate prepare drop_owed;
set @there = (select count(*) from information_schema.columns where table_schema = database()
  and table_name = 'cart_taken' and column_name = 'removed');
set @make = if(@there = 1, '
alter table cart_taken drop column removed
', 'do 0');
prepare drop_removed from @make;
execute drop_removed;
deallocate prepare drop_removed;
set @there = (select count(*) from information_schema.columns where table_schema = database()
  and table_name = 'cart_taken' and column_name = 'at_ms');
set @make = if(@there = 1, '
alter table cart_taken drop column at_ms
', 'do 0');
prepare drop_at from @make;
execute drop_at;
deallocate prepare drop_at;

set @is_lone = (select count(*) from information_schema.statistics where table_schema = database()
  and table_name = 'tb_order_item' and index_name = 'PRIMARY' and seq_in_index = 1 and column_name = 'id'
  and version() not like '%TiDB%');
set @make = if(@is_lone = 1, '
alter table tb_order_item drop primary key, add primary key (order_id, id)
', 'do 0');
prepare key_lines from @make;
execute key_lines;
deallocate prepare key_lines;
set @there = (select count(*) from information_schema.statistics where table_schema = database()
  and table_name = 'tb_order_item' and index_name = 'order_item_order' and seq_in_index = 1
  and version() not like '%TiDB%');
set @make = if(@there = 1, '
alter table tb_order_item drop key order_item_order
', 'do 0');
prepare spare_lines from @make;
execute spare_lines;
deallocate prepare spare_lines;

set @is_lone = (select count(*) from information_schema.statistics where table_schema = database()
  and table_name = 'order_event' and index_name = 'PRIMARY' and seq_in_index = 1 and column_name = 'id'
  and version() not like '%TiDB%');
set @make = if(@is_lone = 1, '
alter table order_event drop primary key, add primary key (order_id, id)
', 'do 0');
prepare key_events from @make;
execute key_events;
deallocate prepare key_events;
set @there = (select count(*) from information_schema.statistics where table_schema = database()
  and table_name = 'order_event' and index_name = 'order_event_order' and seq_in_index = 1
  and version() not like '%TiDB%');
set @make = if(@there = 1, '
alter table order_event drop key order_event_order
', 'do 0');
prepare spare_events from @make;
execute spare_events;
deallocate prepare spare_events;
