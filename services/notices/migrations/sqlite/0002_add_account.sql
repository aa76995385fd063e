-- Whose letter it is; not known of those from before.
alter table letter add column account blob;
create index letter_account on letter (account);

-- Whose account is gone, with the event that told of it: no letter from before it is sent. For 30 days.
create table departed (
  account blob primary key,
  event_id blob not null
) strict, without rowid;
