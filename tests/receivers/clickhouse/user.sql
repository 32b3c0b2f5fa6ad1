-- The hook's user: it can add an event, and do nothing else. The answer waits until the event is in the table. No log of
-- queries keeps the sender's address.
CREATE USER docglow IDENTIFIED WITH no_password
SETTINGS async_insert = 1 CONST, wait_for_async_insert = 1 CONST, log_queries = 0 CONST;
GRANT INSERT ON docglow.inbox TO docglow;
-- ClickHouse counts by address in memory.
CREATE QUOTA docglow KEYED BY ip_address FOR INTERVAL 1 minute MAX query_inserts = 300 TO docglow;
