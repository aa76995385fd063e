-- What a shopper means to buy. Prices stay with the catalog.
create table cart_item (
  user_id uuid not null,
  product_id uuid not null,
  quantity bigint not null,
  added_at bigint not null,
  primary key (user_id, product_id)
);

-- One row an order: what was bought, its idempotency key, and where its saga stands.
-- A driver owns the order until lease_until; a free order is due from then on.
create table purchase (
  id uuid primary key,
  number text not null unique,
  user_id uuid not null,
  idempotency_key text not null,
  fingerprint bytea not null,
  status text not null,
  saga text not null,
  reason text,
  lines_at_fault text,
  currency text not null,
  subtotal bigint not null,
  shipping bigint not null,
  tax bigint not null,
  total bigint not null,
  address text not null,
  token text,
  brand text,
  last4 text,
  payment_status text not null,
  placed_at bigint not null,
  settled boolean not null,
  lease_owner uuid,
  lease_until bigint not null,
  attempts bigint not null,
  unique (user_id, idempotency_key)
);

create index purchase_of_user on purchase (user_id, id);
create index purchase_by_status on purchase (status, id);
create index purchase_due on purchase (lease_until) where not settled;

create table purchase_line (
  purchase_id uuid not null references purchase (id),
  place bigint not null,
  product_id uuid not null,
  name text not null,
  unit_price bigint not null,
  quantity bigint not null,
  primary key (purchase_id, place)
);

-- Every change of status; the sequence is the event id of the order's stream.
create table timeline (
  purchase_id uuid not null references purchase (id),
  sequence bigint not null,
  status text not null,
  at bigint not null,
  primary key (purchase_id, sequence)
);

create table outbox (
  seq bigint generated always as identity primary key,
  id uuid not null,
  topic text not null,
  key text not null,
  payload text not null,
  at bigint not null
);
create index outbox_of_key on outbox (key, seq);
