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
-- What other systems are still to be told through a broker. A row is written
-- in the transaction of the change it tells of, and deleted when the broker
-- has confirmed it. Rows are read oldest first, so the key is the one index.
create table outbox (
  -- of an event: its number in order_event; of a payment result: its number in notice_inbox
  id integer not null primary key,
  -- 'events' or 'payment_results'
  destination varchar(30) not null,
  routing_key varchar(100) not null,
  body varchar(8000) not null,
  created_ms bigint not null,
  -- not to be sent before; a claim moves it
  due_ms bigint not null,
  -- when it was last claimed or put off
  tried_ms bigint not null,
  tries bigint not null,
  -- who has claimed it, 0 for nobody
  claim bigint not null
);

-- What was taken over from a shop that kept its books in another way, and is
-- not as ours must be: the audit excuses these rows from the law they break.
create table adoption_note (
  -- such as 'wrong_sums' or 'line_without_order'
  kind varchar(30) not null,
  -- the row it is about
  ref varchar(200) not null,
  detail varchar(1000) not null,
  primary key (kind, ref)
) without rowid;

-- Steps of taking such a shop over that are done.
create table adoption_step (
  name varchar(50) not null primary key,
  done_ms integer not null
) without rowid;
