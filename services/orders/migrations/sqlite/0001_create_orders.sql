-- What a shopper means to buy. Prices stay with the catalog.
create table cart_item (
  user_id blob not null,
  product_id blob not null,
  quantity integer not null,
  added_at integer not null,
  primary key (user_id, product_id)
) strict, without rowid;

-- One row an order: what was bought, its idempotency key, and where its saga stands.
-- A driver owns the order until lease_until; a free order is due from then on.
create table purchase (
  id blob primary key,
  number text not null unique,
  user_id blob not null,
  idempotency_key text not null,
  fingerprint blob not null,
  status text not null,
  saga text not null,
  reason text,
  lines_at_fault text,
  currency text not null,
  subtotal integer not null,
  shipping integer not null,
  tax integer not null,
  total integer not null,
  address text not null,
  token text,
  brand text,
  last4 text,
  payment_status text not null,
  placed_at integer not null,
  settled integer not null,
  lease_owner blob,
  lease_until integer not null,
  attempts integer not null,
  unique (user_id, idempotency_key)
) strict, without rowid;

create index purchase_of_user on purchase (user_id, id);
create index purchase_by_status on purchase (status, id);
create index purchase_due on purchase (lease_until) where settled = 0;

create table purchase_line (
  purchase_id blob not null references purchase (id),
  place integer not null,
  product_id blob not null,
  name text not null,
  unit_price integer not null,
  quantity integer not null,
  primary key (purchase_id, place)
) strict, without rowid;

-- Every change of status; the sequence is the event id of the order's stream.
create table timeline (
  purchase_id blob not null references purchase (id),
  sequence integer not null,
  status text not null,
  at integer not null,
  primary key (purchase_id, sequence)
) strict, without rowid;

create table outbox (
  id blob primary key,
  topic text not null,
  key text not null,
  payload text not null,
  at integer not null
) strict, without rowid;
