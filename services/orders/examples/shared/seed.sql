-- Orders with lines and timelines, carts, and events that wait; in the words that both databases know.
-- The table `series` has a row for each order: its number `n`, `id`, `user_id` and `fingerprint`.

create temp table total as select max(n) as orders from series;
create temp table step (sequence bigint not null, status text not null);
insert into step values (1, 'placed'), (2, 'confirmed'), (3, 'shipped'), (4, 'delivered');

-- One every 30 seconds. The newest are on their way; of the older ones each twentieth was cancelled.
insert into purchase (id, number, user_id, idempotency_key, fingerprint, status, saga, currency,
  subtotal, shipping, tax, total, address, brand, last4, payment_status, placed_at, settled,
  lease_until, attempts)
select id, 'T-' || n, user_id, 'key-' || n, fingerprint,
  case when age < orders / 5000 + 80 then 'placed' when age < orders / 100 + 80 then 'confirmed'
    when age < orders / 30 + 80 then 'shipped' when n % 20 = 3 then 'cancelled'
    else 'delivered' end,
  case when age < orders / 5000 + 80 then 'placed' else 'settled' end,
  'USD', 1000, 595, 80, 1675,
  '{"name": "Rose Gardener", "line1": "1 Orchard Lane", "line2": null, "city": "Portland",
    "region": "OR", "postal_code": "97201", "country": "US"}',
  'visa', '4242', 'captured', 1700000000000 + n * 30000, age >= orders / 5000 + 80,
  case when n % 2 = 0 then 0 else 9000000000000 end, 0
from (select series.*, orders, orders - n as age from series cross join total) as series
order by id;

insert into purchase_line (purchase_id, place, product_id, name, unit_price, quantity)
select id, sequence, id, 'Trowel', 500, 1
from series cross join step where sequence <= 1 + n % 3 order by id, sequence;

insert into timeline (purchase_id, sequence, status, at)
select id, sequence,
  case when purchase.status = 'cancelled' and sequence = 2 then 'cancelled' else step.status end,
  placed_at + sequence
from purchase cross join step
where sequence <= case purchase.status when 'placed' then 1 when 'confirmed' then 2
  when 'cancelled' then 2 when 'shipped' then 3 else 4 end
order by id, sequence;

-- The first user's cart is full, others have an item or two.
insert into cart_item (user_id, product_id, quantity, added_at)
select (select user_id from series where n = 10 * (1 + orders / 5000)), id, 1, n
from series cross join total where n <= 100;
insert into cart_item (user_id, product_id, quantity, added_at)
select user_id, id, 1, n from series cross join total where n % 10 > 0 and n <= orders / 3;

-- Nobody took these off for a while.
insert into outbox (id, topic, key, payload, at)
select id, 'order.confirmed', 'key ' || n % (orders / 40), '{}', n
from series cross join total where n <= orders / 20 order by n;
