-- The star. Ids are text and days are written 2026-03-01, as a query shows them; money is in minor units.
create table fact_orders (
  order_id varchar(36) primary key,
  day varchar(10) not null,
  customer_key varchar(32),
  status varchar(16) not null,
  reason varchar(32),
  currency varchar(3) not null,
  units bigint not null,
  subtotal bigint not null,
  shipping bigint not null,
  tax bigint not null,
  total bigint not null,
  placed_at bigint not null,
  confirmed_at bigint,
  shipped_at bigint,
  delivered_at bigint,
  cancelled_at bigint
);
create index fact_orders_day on fact_orders (day);
create index fact_orders_customer on fact_orders (customer_key);

create table fact_lines (
  order_id varchar(36) not null,
  place bigint not null,
  day varchar(10) not null,
  product_id varchar(36) not null,
  quantity bigint not null,
  unit_price bigint not null,
  line_total bigint not null,
  primary key (order_id, place)
);
create index fact_lines_day on fact_lines (day);

-- A product as it was called when it was bought last.
create table dim_products (
  product_id varchar(36) primary key,
  name varchar(1000) not null,
  category varchar(200) not null,
  seen_at bigint not null
);

-- A customer by a pseudonym, which nobody can turn back into an account without the key.
create table dim_customers (
  customer_key varchar(32) primary key,
  first_day varchar(10) not null
);

create table dim_days (
  day varchar(10) primary key,
  year bigint not null,
  quarter bigint not null,
  month varchar(7) not null,
  week varchar(8) not null,
  weekday bigint not null
);
insert into dim_days (day, year, quarter, month, week, weekday)
select to_char(at, 'YYYY-MM-DD'), extract(year from at), extract(quarter from at),
  to_char(at, 'YYYY-MM'), to_char(at, 'IYYY"-W"IW'), extract(isodow from at)
from generate_series(timestamp '2024-01-01', timestamp '2043-12-31', interval '1 day') as days (at);

-- Every event that was counted: it is counted once, because it is here once.
create table events_taken (
  event_id varchar(36) primary key,
  topic varchar(64) not null,
  order_id varchar(36) not null,
  day varchar(10) not null,
  at bigint not null
);

-- Who is gone, by pseudonym, with the event that told of it: what comes late links to nobody. For 30 days.
create table departed_customer (
  customer_key varchar(32) primary key,
  event_id uuid not null
);

-- Who asked what, for a year; no end means that the process died meanwhile.
create table asked_query (
  id uuid primary key,
  asked_by uuid not null,
  at bigint not null,
  sql text not null,
  outcome varchar(16),
  row_count bigint,
  took_ms bigint
);

-- Ad-hoc queries read the star and nothing else. Where the role is made later, reader.psql says the same.
do $$
begin
  if exists (select from pg_roles where rolname = 'reports_reader') then
    grant select on fact_orders, fact_lines, dim_products, dim_customers, dim_days, events_taken
      to reports_reader;
  end if;
end
$$;
