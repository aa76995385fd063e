-- What other services are told. Letters in it are sealed.
create table outbox (
  seq bigint generated always as identity primary key,
  id uuid not null,
  topic text not null,
  key text not null,
  payload text not null,
  at bigint not null
);
create index outbox_of_key on outbox (key, seq);
