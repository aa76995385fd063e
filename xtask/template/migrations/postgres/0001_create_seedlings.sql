-- `key` is the Idempotency-Key that it was added by: of two calls that race, one row stays.
create table seedling (
  id uuid primary key,
  key text not null unique,
  name text not null,
  created_at bigint not null
);
