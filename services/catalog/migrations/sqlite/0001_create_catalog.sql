create table category (
  id text primary key,
  name text not null,
  position integer not null
) strict, without rowid;

-- `seq` orders products by age and ties them to the search index. `version` counts what staff
-- changed; a sale changes the stock alone. `popularity` starts at ten times the rating and grows
-- by each piece sold.
create table product (
  seq integer primary key,
  id blob not null unique,
  slug text not null unique,
  name text not null,
  botanical_name text,
  summary text not null,
  description text not null,
  category_id text not null references category (id),
  price integer not null,
  stock integer not null check (stock >= 0),
  rating real not null,
  care text not null,
  attributes text not null,
  image text not null,
  popularity integer not null,
  version integer not null,
  retired integer not null default 0
) strict;
-- One for each order of a list, in the whole shop and in a category. Each ends with `seq`, the
-- table's key, where it does not say so too.
create index product_by_age on product (retired);
create index product_by_name on product (retired, name collate nocase);
create index product_by_price on product (retired, price);
create index product_by_popularity on product (retired, popularity);
create index product_of_category_by_age on product (retired, category_id);
create index product_of_category_by_name on product (retired, category_id, name collate nocase);
create index product_of_category_by_price on product (retired, category_id, price);
create index product_of_category_by_popularity on product (retired, category_id, popularity);

create virtual table product_search using fts5 (
  name, botanical_name, category, summary, description,
  tokenize = "unicode61 remove_diacritics 2", prefix = '2 3'
);

-- One row an order: what it holds (`held`), has bought (`committed`), has given back (`released`)
-- or has let lapse (`expired`). Lines are a JSON array of {product_id, quantity}.
create table reservation (
  order_id blob primary key,
  state text not null,
  lines text not null,
  expires_at integer not null
) strict, without rowid;
create index reservation_held on reservation (expires_at) where state = 'held';

create table consumed_event (
  id blob primary key
) strict, without rowid;
