create table "user" (
  id uuid primary key,
  email text not null constraint user_email unique,
  name text not null,
  password_hash text not null,
  is_staff boolean not null,
  created_at bigint not null
);

-- One row a refresh token ever issued in a living session family; a used one stays, so that its
-- reuse is seen.
create table session (
  token_hash bytea primary key,
  family uuid not null,
  user_id uuid not null references "user" (id),
  expires_at bigint not null,
  used_at bigint
);
create index session_family on session (family);
create index session_expires_at on session (expires_at);

create table address (
  id uuid primary key,
  user_id uuid not null references "user" (id),
  name text not null,
  line1 text not null,
  line2 text,
  city text not null,
  region text not null,
  postal_code text not null,
  country text not null
);
create index address_user_id on address (user_id, id);
