#!/bin/sh
# Run once by the image of PostgreSQL, when its data folder is new: the role that Parley runs as.
# It owns nothing; what it may do to the tables is said in migrations/application_role.sql.
set -eu
psql --set=ON_ERROR_STOP=1 --no-psqlrc --quiet --set=password="$PARLEY_APP_PASSWORD" \
    --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" <<'SQL'
CREATE ROLE parley_app LOGIN PASSWORD :'password';
SQL
