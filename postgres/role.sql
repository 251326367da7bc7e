-- The service's role and its database. The image runs this once, as the superuser `postgres`, when the volume is empty.

\getenv password POSTGRES_PASSWORD
CREATE ROLE ticketloop LOGIN PASSWORD :'password';
CREATE DATABASE ticketloop OWNER ticketloop;

-- Without a password, the superuser can sign in only inside the container, not over the network. The service knows
-- POSTGRES_PASSWORD, so whoever took it over could otherwise be superuser with it.
ALTER ROLE postgres PASSWORD NULL;
