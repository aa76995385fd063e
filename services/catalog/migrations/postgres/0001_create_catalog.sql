create table category (
  id text primary key,
  name text not null,
  position bigint not null
);

-- `seq` orders products by age. `version` counts what staff changed; a sale changes the stock
-- alone. `popularity` starts at ten times the rating and grows by each piece sold. Names are
-- compared by bytes, small letters for capital ones, as SQLite's `nocase` does.
create table product (
  seq bigint generated always as identity primary key,
  id uuid not null unique,
  slug text not null unique,
  name text collate "C" not null,
  botanical_name text,
  summary text not null,
  description text not null,
  category_id text not null references category (id),
  price bigint not null,
  stock bigint not null check (stock >= 0),
  rating double precision not null,
  care text not null,
  attributes text not null,
  image text not null,
  popularity bigint not null,
  version bigint not null,
  retired boolean not null default false,
  -- Words without accents: the name's weigh A, the botanical name's B, the category's C, the
  -- summary's D. There are four weights, so the description's stand apart.
  words tsvector not null,
  description_words tsvector not null
);
-- One for each order of a list, in the whole shop and in a category.
create index product_by_age on product (seq) where not retired;
create index product_by_name on product (lower(name), seq) where not retired;
create index product_by_price on product (price, seq) where not retired;
create index product_by_popularity on product (popularity, seq) where not retired;
create index product_of_category_by_age on product (category_id, seq) where not retired;
create index product_of_category_by_name on product (category_id, lower(name), seq)
  where not retired;
create index product_of_category_by_price on product (category_id, price, seq) where not retired;
create index product_of_category_by_popularity on product (category_id, popularity, seq)
  where not retired;
create index product_by_word on product using gin ((words || description_words))
  where not retired;

-- One row an order: what it holds (`held`), has bought (`committed`), has given back (`released`)
-- or has let lapse (`expired`). Lines are a JSON array of {product_id, quantity}.
create table reservation (
  order_id uuid primary key,
  state text not null,
  lines text not null,
  expires_at bigint not null
);
create index reservation_held on reservation (expires_at) where state = 'held';

create table consumed_event (
  id uuid primary key
);
