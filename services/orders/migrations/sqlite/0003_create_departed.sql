-- Who has deleted their account: places nothing and keeps no cart from then on, whatever comes late. For 30 days.
create table departed (
  user_id blob primary key,
  at integer not null
) strict, without rowid;

-- Whether the shopper is gone, and the order goes on: once it is over it loses the person.
alter table purchase add column is_leaving integer not null default 0;
