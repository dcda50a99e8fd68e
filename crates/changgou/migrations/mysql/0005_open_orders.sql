-- How many orders a buyer has open that brought no money yet. One buyer may have only so many.
-- No server but MariaDB knows `if not exists` here.
set @there = (select count(*) from information_schema.columns where table_schema = database()
  and table_name = 'tb_user' and column_name = 'open_orders');
set @make = if(@there = 0, '
alter table tb_user add column open_orders bigint not null default 0
', 'do 0');
prepare make_column from @make;
execute make_column;
deallocate prepare make_column;
update tb_user u left join (select username, count(*) as num from tb_order
  where order_status = '0' and pay_status = '0' group by username) o on o.username = u.username
  set u.open_orders = coalesce(o.num, 0);
-- Points of orders that are paid on delivery count once they are received.
update tb_user u left join (select o.username, sum(e.points) as points from tb_order o
  join points_entry e on e.ref = o.id and e.username = o.username and e.kind = 'place'
  where o.order_status = '0' and o.pay_status = '0' group by o.username) p on p.username = u.username
  set u.points_pending = least(u.points, coalesce(p.points, 0));
-- An address of 200 letters fits with its province, city and area in front of it.
alter table tb_order modify column receiver_address varchar(300);
