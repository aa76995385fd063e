-- One row a letter that is not sent yet: sealed, as it came. What was sent is deleted.
create table letter (
  id uuid primary key,
  sealed text not null,
  at bigint not null,
  attempts bigint not null,
  next_at bigint not null,
  reason text,
  dead_at bigint
);
create index letter_due on letter (next_at, id) where dead_at is null;

-- The events whose letters were taken, so that each is taken once.
create table consumed_event (
  id uuid primary key
);
