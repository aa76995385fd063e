-- From staged_line into the star, in one transaction that has it locked. What an event tells is counted once.
delete from staged_line using events_taken
where events_taken.event_id = staged_line.event_id;

insert into events_taken (event_id, topic, order_id, day, at)
select distinct event_id, topic, order_id, event_day, at from staged_line;

-- What an order has, the first event of those that tell of a new one says.
insert into fact_lines (order_id, place, day, product_id, quantity, unit_price, line_total)
select distinct s.order_id, s.place, s.day, s.product_id, s.quantity, s.unit_price, s.line_total
from staged_line s
join (select order_id, min(event_id) as event_id from staged_line group by order_id) told
  on told.event_id = s.event_id
where s.place is not null
  and not exists (select 1 from fact_orders o where o.order_id = s.order_id);

-- A product is called as it was when it was bought last.
delete from dim_products using staged_line
where staged_line.product_id = dim_products.product_id and staged_line.placed_at >= dim_products.seen_at;

insert into dim_products (product_id, name, category, seen_at)
select latest.product_id, latest.name, latest.category, latest.placed_at
from (
  select product_id, name, category, placed_at, row_number() over (
    partition by product_id order by placed_at desc, event_id desc, place desc
  ) as age
  from staged_line
  where product_id is not null
) latest
where latest.age = 1
  and not exists (select 1 from dim_products p where p.product_id = latest.product_id);

-- Customers of new orders, but for those who are gone.
update dim_customers
set first_day = told.day
from (select customer_key, min(day) as day from staged_line group by customer_key) told
where told.customer_key = dim_customers.customer_key and told.day < dim_customers.first_day;

insert into dim_customers (customer_key, first_day)
select s.customer_key, min(s.day)
from staged_line s
where not exists (select 1 from fact_orders o where o.order_id = s.order_id)
  and not exists (select 1 from departed_customer d where d.customer_key = s.customer_key)
  and not exists (select 1 from dim_customers c where c.customer_key = s.customer_key)
group by s.customer_key;

insert into fact_orders (order_id, day, customer_key, status, reason, currency, units, subtotal, shipping, tax, total, placed_at)
select distinct s.order_id, s.day, case when d.customer_key is null then s.customer_key end, s.status, null,
  s.currency, s.units, s.subtotal, s.shipping, s.tax, s.total, s.placed_at
from staged_line s
join (select order_id, min(event_id) as event_id from staged_line group by order_id) told
  on told.event_id = s.event_id
left join departed_customer d on d.customer_key = s.customer_key
where not exists (select 1 from fact_orders o where o.order_id = s.order_id);

-- When orders became what the events tell, and where they stand: at what comes latest in an order's life.
update fact_orders
set reason = coalesce(told.reason, fact_orders.reason),
  confirmed_at = coalesce(told.confirmed_at, fact_orders.confirmed_at),
  shipped_at = coalesce(told.shipped_at, fact_orders.shipped_at),
  delivered_at = coalesce(told.delivered_at, fact_orders.delivered_at),
  cancelled_at = coalesce(told.cancelled_at, fact_orders.cancelled_at)
from (
  select order_id, max(reason) as reason,
    max(case when status = 'confirmed' then at end) as confirmed_at,
    max(case when status = 'shipped' then at end) as shipped_at,
    max(case when status = 'delivered' then at end) as delivered_at,
    max(case when status = 'cancelled' then at end) as cancelled_at
  from staged_line
  group by order_id
) told
where told.order_id = fact_orders.order_id;

update fact_orders
set status = case
  when cancelled_at is not null then 'cancelled'
  when delivered_at is not null then 'delivered'
  when shipped_at is not null then 'shipped'
  else 'confirmed'
end
where order_id in (select order_id from staged_line);

delete from staged_line;
