-- docglow-telemetry's events in Postgres: for psql in a database of its own, or Supabase's SQL editor.
BEGIN;
CREATE SCHEMA docglow;
SET LOCAL search_path = docglow, pg_temp;

CREATE TABLE adapter (name text PRIMARY KEY);
INSERT INTO adapter SELECT unnest(ARRAY['other',
    'altertable', 'analyticdb', 'athena', 'avrio', 'azuresynapse', 'benostreamdb', 'bigquery',
    'buenavista', 'burla', 'burla_bigquery', 'burla_duckdb', 'burla_snowflake', 'bytehouse',
    'clickhouse', 'clickzetta', 'cockroachdb', 'confluent', 'conveyorsnowflake', 'crate',
    'cratedb', 'dameng', 'database', 'databend', 'databricks', 'datafusion', 'db2', 'db2_for_i',
    'decodable', 'deltastream', 'denodo', 'dlc', 'doris', 'dremio', 'duckdb', 'duckhaven',
    'embrasure', 'embucket', 'exasol', 'excel', 'extrica', 'fabric', 'fabricspark', 'fal',
    'fal_experimental', 'feldera', 'firebird', 'firebolt', 'fivetran', 'flink', 'frostlake',
    'gaussdbdws', 'gizmosql', 'glue', 'greenplum', 'hardcharger', 'hatidata', 'hive', 'hologres',
    'hotdata', 'ibmdb2', 'iceberg', 'impala', 'infer', 'iomete', 'iris', 'kinetica',
    'layer_bigquery', 'mariadb', 'materialize', 'maxcompute', 'mindsdb', 'molinia', 'motherduck',
    'mssql', 'mysql', 'mysql5', 'netezza', 'oceanbase', 'odps', 'opengauss', 'oracle', 'pal',
    'polars', 'polnor', 'postgres', 'presto', 'pyspark', 'qod', 'rabbitbigquery', 'redis_adbc',
    'redshift', 'risingwave', 'rockset', 'sail', 'salesforce', 'sas', 'selectdb', 'singlestore',
    'snowflake', 'spark', 'spark_livy', 'splitgraph', 'sqlite', 'sqlserver', 'starburst',
    'starrocks', 'synapse', 'teradata', 'tidb', 'timeplus', 'timescaledb', 'trino', 'upsolver',
    'vertica', 'watsonx_presto', 'watsonx_spark', 'ydb', 'yellowbrick'
]);

CREATE DOMAIN amount AS integer NOT NULL CHECK (VALUE BETWEEN 0 AND 9999999);

-- The features of a list, each once and in docglow's order.
CREATE FUNCTION in_order(features text[]) RETURNS text[] IMMUTABLE
RETURN ARRAY(SELECT feature FROM unnest(ARRAY[
    'column_lineage', 'profiling', 'ai_chat', 'static', 'slim', 'table', 'json', 'markdown', 'watch']) AS feature
    WHERE feature = ANY (features));

-- Schema version 1 of the payload, the time of its arrival, and the program that sent it.
CREATE TABLE event (
    received_at timestamptz NOT NULL DEFAULT now(),
    sender text NOT NULL CHECK (sender IN ('docglow', 'docglow-telemetry')),
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
CREATE FUNCTION published(jsonb) RETURNS jsonb STABLE
RETURN CASE
    WHEN jsonb_typeof($1) = 'string' AND NOT EXISTS (SELECT FROM adapter WHERE name = $1 #>> '{}') THEN '"other"'
    ELSE $1
END;

-- Stores an event. PostgREST answers PT422 with status 422. The message has no data of the sender.
-- Only docglow writes a space after the first colon. `run` measures the whole process, docglow less.
CREATE FUNCTION store(json) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO event SELECT payload.* FROM jsonb_populate_record(
        NULL::event,
        $1::jsonb || ($1::jsonb -> 'project_shape') || jsonb_build_object(
            'adapter_type', published($1::jsonb -> 'adapter_type'),
            'received_at', now(),
            'sender', CASE WHEN $1::text LIKE '{"schema_version": %' THEN 'docglow' ELSE 'docglow-telemetry' END)
    ) AS payload;
EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN
    RAISE SQLSTATE 'PT422' USING MESSAGE = 'not an event of docglow-telemetry';
END
$$;

-- The same for nginx, which does not parse the body. False if it is refused.
CREATE FUNCTION store_bytes(body bytea) RETURNS boolean LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM store(convert_from(body, 'UTF8')::json);
    RETURN true;
EXCEPTION WHEN data_exception OR SQLSTATE 'PT422' THEN
    RETURN false;
END
$$;

-- The days are UTC's.
CREATE VIEW event_by_day AS
SELECT (received_at AT TIME ZONE 'UTC')::date AS day, substring(python_version FROM '^\d+\.\d+') AS python, event.*
FROM event;

-- The roll-up: counts of each day without ids, which are kept for longer than the events.
-- `installs` are the ids that had been seen on an earlier day.
CREATE TABLE daily_use (
    day date,
    topic text,
    value text,
    events bigint NOT NULL,
    installs bigint NOT NULL,
    PRIMARY KEY (day, topic, value)
);

-- `at_most_ms` is the duration, rounded up to a power of two.
CREATE TABLE daily_run (
    day date,
    command text,
    sender text,
    docglow_version text,
    result text,
    at_most_ms bigint,
    events bigint NOT NULL,
    PRIMARY KEY (day, command, sender, docglow_version, result, at_most_ms)
);

-- Zero, or the next power of two.
CREATE FUNCTION round_up(number bigint) RETURNS bigint IMMUTABLE
RETURN CASE WHEN number = 0 THEN 0 ELSE 1::bigint << length(ltrim((number - 1)::bit(64)::text, '0')) END;

-- Adds the days that have ended to the roll-up, then deletes the events that are older than 365 days.
CREATE FUNCTION purge() RETURNS void LANGUAGE sql SET search_path FROM CURRENT SET TimeZone = 'UTC' AS $$
    INSERT INTO daily_use
    SELECT day, topic, value, sum(events), count(*) FILTER (WHERE day > first_day)
    FROM (
        SELECT day, topic, coalesce(value, 'none') AS value, instance_id, count(*) AS events
        FROM event_by_day, LATERAL (
            VALUES
                ('adapter', adapter_type),
                ('docglow', docglow_version),
                ('platform', platform),
                ('python', python),
                ('models, at most', round_up(models)::text)
            UNION ALL SELECT 'feature', unnest(features_used)
        ) AS use (topic, value)
        WHERE day < current_date AND day > (SELECT coalesce(max(day), '-infinity') FROM daily_use)
        GROUP BY day, topic, value, instance_id
    ) AS used
    JOIN (SELECT instance_id, min(day) AS first_day FROM event_by_day GROUP BY instance_id) AS seen USING (instance_id)
    GROUP BY day, topic, value;

    INSERT INTO daily_run
    SELECT day, command, sender, coalesce(docglow_version, 'none'), result, round_up(duration_ms), count(*)
    FROM event_by_day
    WHERE day < current_date AND day > (SELECT coalesce(max(day), '-infinity') FROM daily_run)
    GROUP BY 1, 2, 3, 4, 5, 6;

    DELETE FROM event WHERE received_at < now() - interval '365 days';
$$;

-- The role of PostgREST's requests without a token, and of nginx: it can store an event, and not even read it.
DO $$
BEGIN
    CREATE ROLE anon NOLOGIN;
EXCEPTION WHEN duplicate_object THEN
    NULL;
END
$$;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA docglow FROM PUBLIC;
GRANT USAGE ON SCHEMA docglow TO anon;
GRANT EXECUTE ON FUNCTION store, store_bytes TO anon;
COMMIT;
