-- Installs by adapter, last month; for DuckDB, after the view `event` of nginx/events.sql or caddy/events.sql.
-- An install is an id that was seen on two days. Each job of a CI service has a new id, so it is no install.
CREATE OR REPLACE VIEW installs_by_adapter_last_month AS
SELECT coalesce(adapter_type, 'none') AS adapter, count(DISTINCT instance_id) AS installs
FROM event
WHERE instance_id IN (
    SELECT instance_id FROM event
    GROUP BY instance_id HAVING date_trunc('day', min(received_at)) < date_trunc('day', max(received_at))
)
AND received_at >= date_trunc('month', now()) - INTERVAL 1 MONTH AND received_at < date_trunc('month', now())
GROUP BY adapter
ORDER BY installs DESC, adapter;
