# Run once, on a new volume, after owner.sh: the role of the staff's queries, which reads the star and nothing else.
# The image reads this file into its own shell: there `$0` is its own program.
psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --username postgres --dbname "$OWNER" \
  --file /docker-entrypoint-initdb.d/reader.psql
READER_PASSWORD="${READER_PASSWORD:-$(cat "$READER_PASSWORD_FILE")}" \
  psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --username postgres <<'SQL'
\getenv password READER_PASSWORD
alter role reports_reader password :'password';
SQL
