-- The events in Caddy's log, for DuckDB. Lines cut short by a full disk are passed over.
CREATE OR REPLACE VIEW event AS
SELECT to_timestamp(ts) AS received_at, event.*
FROM (
    SELECT ts, from_json(resp_headers."Docglow-Event"[1], '{
        "schema_version": "INTEGER", "instance_id": "UUID", "command": "TEXT", "result": "TEXT", "duration_ms": "BIGINT",
        "docglow_version": "TEXT", "python_version": "TEXT", "platform": "TEXT", "adapter_type": "TEXT",
        "project_shape": {"models": "BIGINT", "sources": "BIGINT", "seeds": "BIGINT", "tests": "BIGINT", "macros": "BIGINT"},
        "features_used": ["TEXT"]}') AS event
    FROM read_json('/var/log/caddy/docglow.jsonl', format = 'newline_delimited', ignore_errors = true, columns = {
        ts: 'DOUBLE', resp_headers: 'STRUCT("Docglow-Event" TEXT[])'
    })
);
