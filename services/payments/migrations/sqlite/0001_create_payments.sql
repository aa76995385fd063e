-- One row an order, whatever happens: the primary key is what makes a second charge impossible.
create table payment (
  order_id blob primary key,
  state text not null,
  token text not null,
  amount integer not null,
  currency text not null,
  asked integer not null,
  updated_at integer not null
) strict, without rowid;
