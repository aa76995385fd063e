-- `key` is the Idempotency-Key that it was added by: of two calls that race, one row stays.
create table seedling (
  id blob primary key,
  key text not null unique,
  name text not null,
  created_at integer not null
) strict, without rowid;
