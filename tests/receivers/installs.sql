-- Installs by adapter, last month; for DuckDB, after the view `event` of nginx/events.sql or caddy/events.sql.
CREATE OR REPLACE VIEW installs_by_adapter_last_month AS
SELECT coalesce(adapter_type, 'none') AS adapter, count(DISTINCT instance_id) AS installs
FROM event
WHERE received_at >= date_trunc('month', now()) - INTERVAL 1 MONTH AND received_at < date_trunc('month', now())
GROUP BY adapter
ORDER BY installs DESC, adapter;
