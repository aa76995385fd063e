-- The star. Ids are text and days are written 2026-03-01, as a query shows them; money is in minor units.
create table fact_orders (
  order_id text primary key,
  day text not null,
  customer_key text,
  status text not null,
  reason text,
  currency text not null,
  units integer not null,
  subtotal integer not null,
  shipping integer not null,
  tax integer not null,
  total integer not null,
  placed_at integer not null,
  confirmed_at integer,
  shipped_at integer,
  delivered_at integer,
  cancelled_at integer
) strict, without rowid;
create index fact_orders_day on fact_orders (day);
create index fact_orders_customer on fact_orders (customer_key);

create table fact_lines (
  order_id text not null,
  place integer not null,
  day text not null,
  product_id text not null,
  quantity integer not null,
  unit_price integer not null,
  line_total integer not null,
  primary key (order_id, place)
) strict, without rowid;
create index fact_lines_day on fact_lines (day);

-- A product as it was called when it was bought last.
create table dim_products (
  product_id text primary key,
  name text not null,
  category text not null,
  seen_at integer not null
) strict, without rowid;

-- A customer by a pseudonym, which nobody can turn back into an account without the key.
create table dim_customers (
  customer_key text primary key,
  first_day text not null
) strict, without rowid;

create table dim_days (
  day text primary key,
  year integer not null,
  quarter integer not null,
  month text not null,
  week text not null,
  weekday integer not null
) strict, without rowid;
insert into dim_days (day, year, quarter, month, week, weekday)
with recursive days (day) as (
  select '2024-01-01'
  union all
  select date(day, '+1 day') from days where day < '2043-12-31')
select day, cast(strftime('%Y', day) as integer), (cast(strftime('%m', day) as integer) + 2) / 3,
  strftime('%Y-%m', day), strftime('%G-W%V', day), cast(strftime('%u', day) as integer)
from days;

-- Every event that was counted: it is counted once, because it is here once.
create table events_taken (
  event_id text primary key,
  topic text not null,
  order_id text not null,
  day text not null,
  at integer not null
) strict, without rowid;

-- Who is gone, by pseudonym, with the event that told of it: what comes late links to nobody. For 30 days.
create table departed_customer (
  customer_key text primary key,
  event_id blob not null
) strict, without rowid;

-- Who asked what, for a year; no end means that the process died meanwhile.
create table asked_query (
  id blob primary key,
  asked_by blob not null,
  at integer not null,
  sql text not null,
  outcome text,
  row_count integer,
  took_ms integer
) strict, without rowid;
