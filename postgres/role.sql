-- The service's role, with the password of .env, and its database; at every start, as the superuser `postgres`.

\getenv password POSTGRES_PASSWORD
SELECT 'CREATE ROLE ticketloop LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ticketloop') \gexec
ALTER ROLE ticketloop PASSWORD :'password';
SELECT 'CREATE DATABASE ticketloop OWNER ticketloop'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'ticketloop') \gexec

-- Without a password, the superuser can sign in only by the Unix socket, not over the network. The service knows
-- POSTGRES_PASSWORD, so whoever took it over could otherwise be superuser with it.
ALTER ROLE postgres PASSWORD NULL;
