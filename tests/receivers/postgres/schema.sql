-- A table of docglow-telemetry's events, for psql, in a database of its own and in the folder that has docglow-telemetry's list
-- of adapters (src/payload/adapters.txt).
\set ON_ERROR_STOP on
BEGIN;
CREATE SCHEMA docglow;
SET search_path = docglow, pg_temp;

CREATE TABLE adapter (name text PRIMARY KEY);
\copy adapter FROM 'adapters.txt'
INSERT INTO adapter VALUES ('other');

CREATE DOMAIN amount AS integer NOT NULL CHECK (VALUE BETWEEN 0 AND 9999999);

-- The features of a list, each once and in docglow's order.
CREATE FUNCTION in_order(features text[]) RETURNS text[] IMMUTABLE
RETURN ARRAY(SELECT feature FROM unnest(ARRAY[
    'column_lineage', 'profiling', 'ai_chat', 'static', 'slim', 'table', 'json', 'markdown', 'watch']) AS feature
    WHERE feature = ANY (features));

-- Schema version 1 of the payload, and when it came. Nothing else of a request is kept.
CREATE TABLE event (
    received_at timestamptz NOT NULL DEFAULT now(),
    schema_version integer NOT NULL CHECK (schema_version = 1),
    instance_id uuid NOT NULL CHECK (instance_id::text ~ '^.{14}4.{4}[89ab]'),
    command text NOT NULL CHECK (command IN ('generate', 'health', 'serve')),
    result text NOT NULL CHECK (result IN ('success', 'error')),
    duration_ms bigint NOT NULL CHECK (duration_ms BETWEEN 0 AND 2678400000),
    docglow_version text CHECK (docglow_version ~ (
        '^(0|[1-9]\d{0,3})(\.(0|[1-9]\d{0,3})){0,2}'
        '((a|b|rc)(0|[1-9]\d{0,7}))?(\.post(0|[1-9]\d{0,7}))?(\.dev(0|[1-9]\d{0,7}))?$')),
    python_version text CHECK (python_version ~ '^(0|[1-9]\d{0,2})(\.(0|[1-9]\d{0,2})){2}$'),
    platform text NOT NULL CHECK (platform IN ('linux', 'darwin', 'windows', 'other')),
    adapter_type text REFERENCES adapter,
    models amount,
    sources amount,
    seeds amount,
    tests amount,
    macros amount,
    features_used text[] NOT NULL CHECK (features_used = in_order(features_used))
);
CREATE INDEX ON event (received_at);
CREATE INDEX ON event (instance_id);

-- docglow itself sends the name of any adapter. Only the published names are kept.
CREATE FUNCTION published(text) RETURNS text STABLE
RETURN CASE WHEN $1 IS NOT NULL THEN coalesce((SELECT name FROM adapter WHERE name = $1), 'other') END;

-- Stores a request's body; false where it is no payload of schema version 1.
CREATE FUNCTION store(body bytea) RETURNS boolean LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO event (schema_version, instance_id, command, result, duration_ms, docglow_version, python_version, platform,
        adapter_type, models, sources, seeds, tests, macros, features_used)
    SELECT schema_version, instance_id, command, result, duration_ms, docglow_version, python_version, platform,
        published(adapter_type), models, sources, seeds, tests, macros, features_used
    FROM jsonb_to_record(convert_from(body, 'UTF8')::jsonb) AS payload (schema_version integer, instance_id uuid, command text,
            result text, duration_ms bigint, docglow_version text, python_version text, platform text, adapter_type text,
            project_shape jsonb, features_used text[]),
        jsonb_to_record(project_shape) AS shape (models bigint, sources bigint, seeds bigint, tests bigint, macros bigint);
    RETURN FOUND;
EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN
    RETURN false;
END
$$;

-- nginx's user can add an event, and do nothing else.
CREATE ROLE "www-data" LOGIN;
-- Postgres's own log would contain the body of an event that it cancels.
ALTER ROLE "www-data" SET log_min_error_statement = panic;
GRANT USAGE ON SCHEMA docglow TO "www-data";
GRANT SELECT ON adapter TO "www-data";
GRANT INSERT (schema_version, instance_id, command, result, duration_ms, docglow_version, python_version, platform,
    adapter_type, models, sources, seeds, tests, macros, features_used) ON event TO "www-data";

CREATE VIEW installs_by_adapter_last_month AS
SELECT coalesce(adapter_type, 'none') AS adapter, count(DISTINCT instance_id) AS installs
FROM event
WHERE received_at >= date_trunc('month', now()) - interval '1 month' AND received_at < date_trunc('month', now())
GROUP BY adapter
ORDER BY installs DESC, adapter;
COMMIT;
