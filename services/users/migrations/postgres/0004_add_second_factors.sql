-- How and when the session's user last proved who they are. Sessions from before this proved a
-- password, long ago.
alter table session add column proven_by text not null default 'password';
alter table session add column proven_at bigint not null default 0;

-- The secret that a user's app makes codes from, sealed; and the last step whose code was used, so
-- that no code works twice.
create table totp (
  user_id uuid primary key references "user" (id),
  secret bytea not null,
  last_step bigint not null,
  added_at bigint not null
);

-- Codes that each work once in place of the app's, as hashes.
create table recovery_code (
  user_id uuid not null references "user" (id),
  code_hash bytea not null,
  primary key (user_id, code_hash)
);

create table passkey (
  id uuid primary key,
  user_id uuid not null references "user" (id),
  credential_id bytea not null constraint passkey_credential_id unique,
  credential text not null,
  counter bigint not null,
  name text not null,
  added_at bigint not null,
  used_at bigint
);
create index passkey_user_id on passkey (user_id, id);

-- Challenges that were answered, until they would have expired, so that none is answered twice.
create table used_challenge (
  hash bytea primary key,
  expires_at bigint not null
);
create index used_challenge_expires_at on used_challenge (expires_at);
