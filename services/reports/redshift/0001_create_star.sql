-- The star in Redshift. It keeps no key unique, so that none is declared: load.sql writes each row once. Lengths are in
-- bytes. Where rows lie and how they are sorted and compressed is left to Redshift.
create table fact_orders (
  order_id varchar(36) not null,
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

create table fact_lines (
  order_id varchar(36) not null,
  place bigint not null,
  day varchar(10) not null,
  product_id varchar(36) not null,
  quantity bigint not null,
  unit_price bigint not null,
  line_total bigint not null
);

create table dim_products (
  product_id varchar(36) not null,
  name varchar(4000) not null,
  category varchar(800) not null,
  seen_at bigint not null
);

create table dim_customers (
  customer_key varchar(32) not null,
  first_day varchar(10) not null
);

create table dim_days (
  day varchar(10) not null,
  year bigint not null,
  quarter bigint not null,
  month varchar(7) not null,
  week varchar(8) not null,
  weekday bigint not null
);

create table events_taken (
  event_id varchar(36) not null,
  topic varchar(64) not null,
  order_id varchar(36) not null,
  day varchar(10) not null,
  at bigint not null
);

-- Who is gone, by pseudonym, with the event that told of it. For 30 days.
create table departed_customer (
  customer_key varchar(32) not null,
  event_id varchar(36) not null
);

-- Lines of events on their way into the star, with what is told of their orders. Whoever writes locks it first.
create table staged_line (
  event_id varchar(36) not null,
  topic varchar(64) not null,
  event_day varchar(10) not null,
  at bigint not null,
  order_id varchar(36) not null,
  day varchar(10) not null,
  customer_key varchar(32) not null,
  status varchar(16) not null,
  reason varchar(32),
  currency varchar(3) not null,
  units bigint not null,
  subtotal bigint not null,
  shipping bigint not null,
  tax bigint not null,
  total bigint not null,
  placed_at bigint not null,
  place bigint,
  product_id varchar(36),
  name varchar(4000),
  category varchar(800),
  quantity bigint,
  unit_price bigint,
  line_total bigint
);
