# Run once by the image of PostgreSQL when it makes the database: the role of the brokers, which owns nothing.
psql --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --set ON_ERROR_STOP=1 \
    --set password="$(cat /run/secrets/usher.password)" <<'SQL'
CREATE ROLE usher LOGIN PASSWORD :'password';
REVOKE ALL ON DATABASE usher FROM PUBLIC;
GRANT CONNECT ON DATABASE usher TO usher;
SQL
