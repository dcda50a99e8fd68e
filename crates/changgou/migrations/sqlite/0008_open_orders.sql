-- How many orders a buyer has open that brought no money yet. One buyer may have only so many.
alter table tb_user add column open_orders bigint not null default 0;
update tb_user set open_orders = (select count(*) from tb_order o
  where o.username = tb_user.username and o.order_status = '0' and o.pay_status = '0');
-- Points of orders that are paid on delivery count once they are received.
update tb_user set points_pending = min(points, (select coalesce(sum(e.points), 0) from tb_order o
  join points_entry e on e.ref = o.id and e.username = o.username and e.kind = 'place'
  where o.username = tb_user.username and o.order_status = '0' and o.pay_status = '0'));
