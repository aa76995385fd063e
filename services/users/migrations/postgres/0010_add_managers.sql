-- Who looks after people. A manager is one of the staff, too.
alter table "user" add column is_manager boolean not null default false;
create index user_is_manager on "user" (id) where is_manager;

-- The name in lower case, by whose beginning people are found. Sorted by code points, as addresses are for
-- the same purpose, so that a beginning is a range of the index.
alter table "user" add column folded_name text collate "C" not null default '';
update "user" set folded_name = lower(name);
create index user_folded_name on "user" (folded_name);
create index user_email_begin on "user" (email collate "C");

-- What managers, and whoever runs the shop, did to accounts. Rows are added alone. They have ids: of an account
-- that is gone nobody can tell whose it was.
create table audit (
  id uuid primary key,
  at bigint not null,
  actor uuid,
  action text not null,
  group_name text,
  person uuid not null,
  network text not null,
  reason text
);
