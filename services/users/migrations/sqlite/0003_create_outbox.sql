-- What other services are told. Letters in it are sealed.
create table outbox (
  id blob primary key,
  topic text not null,
  key text not null,
  payload text not null,
  at integer not null
) strict, without rowid;
