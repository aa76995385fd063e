-- Who has deleted their account: places nothing and keeps no cart from then on, whatever comes late. For 30 days.
create table departed (
  user_id uuid primary key,
  at bigint not null
);

-- Whether the shopper is gone, and the order goes on: once it is over it loses the person.
alter table purchase add column is_leaving boolean not null default false;
