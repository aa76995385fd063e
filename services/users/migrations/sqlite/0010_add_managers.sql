-- Who looks after people. A manager is one of the staff, too.
alter table user add column is_manager integer not null default 0;
create index user_is_manager on user (id) where is_manager;

-- The name in lower case, by whose beginning people are found. Of names from before, letters outside of ASCII
-- stay as they are until the name changes.
alter table user add column folded_name text not null default '';
update user set folded_name = lower(name);
create index user_folded_name on user (folded_name);

-- What managers, and whoever runs the shop, did to accounts. Rows are added alone. They have ids: of an account
-- that is gone nobody can tell whose it was.
create table audit (
  id blob primary key,
  at integer not null,
  actor blob,
  action text not null,
  group_name text,
  person blob not null,
  network text not null,
  reason text
) strict, without rowid;
