-- What many nodes and other servers need: carts in Redis, events for a broker,
-- leases of worker numbers.

-- Lines of carts in the cache that were bought: each once, whatever the cache says.
create table cart_taken (
  username varchar(50) not null,
  sku_id bigint not null,
  stamp varchar(32) not null,
  order_id varchar(50) not null,
  -- '1' once the line is removed from the cache
  removed char(1) not null default '0',
  -- when it was bought, and then when it was removed
  at_ms bigint not null,
  primary key (username, sku_id, stamp)
) without rowid;
create index cart_taken_owed on cart_taken (removed, at_ms);
