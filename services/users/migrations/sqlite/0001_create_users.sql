create table user (
  id blob primary key,
  email text not null unique,
  name text not null,
  password_hash text not null,
  is_staff integer not null,
  created_at integer not null
) strict, without rowid;

-- One row a refresh token ever issued in a living session family; a used one stays, so that its
-- reuse is seen.
create table session (
  token_hash blob primary key,
  family blob not null,
  user_id blob not null references user (id),
  expires_at integer not null,
  used_at integer
) strict, without rowid;
create index session_family on session (family);
create index session_expires_at on session (expires_at);

create table address (
  id blob primary key,
  user_id blob not null references user (id),
  name text not null,
  line1 text not null,
  line2 text,
  city text not null,
  region text not null,
  postal_code text not null,
  country text not null
) strict, without rowid;
create index address_user_id on address (user_id, id);
