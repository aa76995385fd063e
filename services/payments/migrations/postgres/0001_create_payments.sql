-- One row an order, whatever happens: the primary key is what makes a second charge impossible.
create table payment (
  order_id uuid primary key,
  state text not null,
  token text not null,
  amount bigint not null,
  currency text not null,
  asked bigint not null,
  updated_at bigint not null
);
