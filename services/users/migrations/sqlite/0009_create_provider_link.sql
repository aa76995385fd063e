-- What accounts are at other providers: who is this subject there is this user here. An account has one
-- identity at each provider, and an identity one account.
create table provider_link (
  issuer text not null,
  subject text not null,
  user_id blob not null references user (id) on delete cascade,
  provider text not null,
  linked_at integer not null,
  used_at integer,
  primary key (issuer, subject)
) strict, without rowid;
create unique index provider_link_user_id on provider_link (user_id, provider);
