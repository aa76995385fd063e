#!/bin/sh
# What the public image of PostgreSQL does when it starts: a new volume gets a cluster and runs the
# scripts of /docker-entrypoint-initdb.d.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  mkdir -p "$PGDATA"
  echo "$POSTGRES_PASSWORD" >/tmp/password
  initdb -D "$PGDATA" --username=postgres --pwfile=/tmp/password \
    --auth-local=trust --auth-host=scram-sha-256 --encoding=UTF8 --locale=C
  echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
  pg_ctl -D "$PGDATA" -o "-c listen_addresses=''" -w start
  for script in /docker-entrypoint-initdb.d/*.sh; do
    . "$script"
  done
  pg_ctl -D "$PGDATA" -m fast -w stop
fi
# The compiler of statements is not packed.
exec "$@" -c "listen_addresses=*" -c jit=off
