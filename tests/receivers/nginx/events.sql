-- The events in nginx's files, for DuckDB. Lines cut short by a full disk are passed over.
CREATE OR REPLACE VIEW event AS
SELECT received_at, event.*
FROM read_json('/var/log/docglow/events.jsonl*', format = 'newline_delimited', ignore_errors = true, columns = {
    received_at: 'TIMESTAMPTZ',
    event: 'STRUCT(schema_version INTEGER, instance_id UUID, command TEXT, result TEXT, duration_ms BIGINT,
        docglow_version TEXT, python_version TEXT, platform TEXT, adapter_type TEXT,
        project_shape STRUCT(models BIGINT, sources BIGINT, seeds BIGINT, tests BIGINT, macros BIGINT),
        features_used TEXT[])'
});
