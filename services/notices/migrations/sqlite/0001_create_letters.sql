-- One row a letter that is not sent yet: sealed, as it came. What was sent is deleted.
create table letter (
  id blob primary key,
  sealed text not null,
  at integer not null,
  attempts integer not null,
  next_at integer not null,
  reason text,
  dead_at integer
) strict, without rowid;
create index letter_due on letter (next_at, id) where dead_at is null;

-- The events whose letters were taken, so that each is taken once.
create table consumed_event (
  id blob primary key
) strict, without rowid;
