-- The events in nginx's files, for DuckDB. A full disk cuts a line short, and the next line follows without a line feed. So a
-- line starts at its last "received_at", and a line that is cut short is skipped.
CREATE OR REPLACE VIEW event AS
SELECT received_at, event.*
FROM (
    SELECT unnest(from_json(text, '{"received_at": "TIMESTAMPTZ", "event": {
        "schema_version": "INTEGER", "instance_id": "UUID", "command": "TEXT", "result": "TEXT", "duration_ms": "BIGINT",
        "docglow_version": "TEXT", "python_version": "TEXT", "platform": "TEXT", "adapter_type": "TEXT",
        "project_shape": {"models": "BIGINT", "sources": "BIGINT", "seeds": "BIGINT", "tests": "BIGINT", "macros": "BIGINT"},
        "features_used": ["TEXT"]}}'))
    FROM (
        SELECT regexp_extract(line, '.*({"received_at":.*)', 1) AS text
        FROM read_csv('/var/log/docglow/events-*.jsonl', columns = {line: 'TEXT'},
            header = false, delim = '\t', quote = '', escape = '')
    )
    WHERE json_valid(text)
);
