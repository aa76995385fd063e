-- Links in letters, by the hash of their token. One without a user is about an address that no account has:
-- whoever asked must not find that out.
create table link (
  token_hash bytea primary key,
  purpose text not null,
  user_id uuid references "user" (id),
  email text not null,
  expires_at bigint not null
);
create index link_email on link (email, purpose);
create index link_expires_at on link (expires_at);

-- Since when it is known that the address is the user's.
alter table "user" add column email_proven_at bigint;
