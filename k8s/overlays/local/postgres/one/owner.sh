# Run once, on a new volume: the service's role and its database, which it owns. It is no superuser;
# a volume that was made before this file keeps the role that it has.
OWNER_PASSWORD="${OWNER_PASSWORD:-$(cat "$OWNER_PASSWORD_FILE")}" \
  psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --username postgres <<'SQL'
\getenv owner OWNER
\getenv password OWNER_PASSWORD
create role :"owner" login password :'password';
create database :"owner" owner :"owner";
revoke all on database :"owner" from public;
SQL
