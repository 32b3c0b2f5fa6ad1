-- The events in Caddy's log, for DuckDB. A full disk cuts a line short, and the next line follows without a line feed. So a
-- line starts at its last "level", and a line that is cut short is skipped.
CREATE OR REPLACE VIEW line AS
SELECT unnest(from_json(text, '{"ts": "DOUBLE", "status": "INTEGER", "resp_headers": {"Docglow-Event": ["TEXT"]}}'))
FROM (
    SELECT regexp_extract(line, '.*({"level":.*)', 1) AS text
    FROM read_csv('/var/log/caddy/docglow.jsonl', columns = {line: 'TEXT'},
        header = false, delim = '\t', quote = '', escape = '')
)
WHERE json_valid(text);

CREATE OR REPLACE VIEW event AS
SELECT to_timestamp(ts) AS received_at, event.*
FROM (
    SELECT ts, from_json(resp_headers."Docglow-Event"[1], '{
        "schema_version": "INTEGER", "instance_id": "UUID", "command": "TEXT", "result": "TEXT", "duration_ms": "BIGINT",
        "docglow_version": "TEXT", "python_version": "TEXT", "platform": "TEXT", "adapter_type": "TEXT",
        "project_shape": {"models": "BIGINT", "sources": "BIGINT", "seeds": "BIGINT", "tests": "BIGINT", "macros": "BIGINT"},
        "features_used": ["TEXT"]}') AS event
    FROM line
    WHERE status = 204
);

-- Refused requests by day.
CREATE OR REPLACE VIEW refused AS
SELECT to_timestamp(ts)::DATE AS day, status, count(*) AS requests
FROM line
WHERE status <> 204
GROUP BY ALL
ORDER BY ALL;
