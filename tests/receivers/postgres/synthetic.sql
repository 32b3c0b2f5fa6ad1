-- 100,000 events of 500 days, for tests: 1,200 machines with more and more runs, and a quarter of the
-- events from CI jobs, which have a new id each. The same in each run, except for the time of day.
SET search_path = docglow, pg_temp;
SELECT setseed(0.42) \g /dev/null

CREATE FUNCTION pg_temp.normal() RETURNS double precision
RETURN sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random());

CREATE FUNCTION pg_temp.instance_id(number bigint) RETURNS uuid
RETURN overlay(overlay(md5(number::text) PLACING '4' FROM 13) PLACING '8' FROM 17)::uuid;

-- The first adapters are the frequent ones; models are log-normal, with a median of 60.
CREATE TEMPORARY TABLE machine AS
SELECT number, first_age, models,
    (ARRAY['snowflake', 'bigquery', 'databricks', 'duckdb', 'postgres', 'redshift', 'fabric', 'athena',
        'trino', 'clickhouse', 'other'])[1 + floor(11 * random() ^ 2.2)] AS adapter_type,
    (ARRAY['linux', 'darwin', 'windows', 'other'])[1 + floor(3.02 * random() ^ 1.3)] AS platform,
    (ARRAY['docglow', 'docglow-telemetry'])[1 + floor(1.4 * random())] AS sender,
    floor(3 * random()) AS python_age, 60 * random() AS days_to_update
FROM (
    SELECT number, 500 * (1 - random() ^ 0.5) AS first_age,
        least(1 + floor(60 * exp(1.4 * pg_temp.normal())), 9000)::integer AS models
    FROM generate_series(1, 1200) AS number
) AS machine;

INSERT INTO event
SELECT now() - age * interval '1 day', sender, 1, pg_temp.instance_id(id), command,
    CASE WHEN random() < 0.04 THEN 'error' ELSE 'success' END,
    CASE command
        WHEN 'serve' THEN 0
        WHEN 'health' THEN (30 + models / 4) * exp(0.3 * pg_temp.normal())
        ELSE (400 + 9 * models) * CASE sender WHEN 'docglow' THEN 1 ELSE 1.15 END * exp(0.4 * pg_temp.normal())
    END,
    CASE
        WHEN age + days_to_update > 380 THEN '0.5.5'
        WHEN age + days_to_update > 260 THEN '0.7.4'
        WHEN age + days_to_update > 170 THEN '0.8.0'
        WHEN age + days_to_update > 75 THEN '0.9.0'
        ELSE '0.9.2'
    END,
    '3.' || 10 + python_age + CASE WHEN age < 200 THEN 1 ELSE 0 END || '.' || floor(12 * random()),
    platform, adapter_type, models, models / 3, models / 20, models * 2, 780 + models / 5,
    CASE command
        WHEN 'serve' THEN in_order(CASE WHEN random() < 0.3 THEN ARRAY['watch'] ELSE '{}' END)
        WHEN 'health' THEN ARRAY[(ARRAY['table', 'table', 'json', 'markdown'])[1 + floor(4 * random())]]
        ELSE in_order(ARRAY['column_lineage',
            (ARRAY['static', 'slim', 'profiling', 'ai_chat', ''])[1 + floor(5 * random())]])
    END
FROM (
    SELECT machine.*, first_age * random() AS age,
        CASE WHEN random() < 0.25 THEN 1000000 + i ELSE number END AS id,
        (ARRAY['generate', 'generate', 'generate', 'health', 'serve'])[1 + floor(5 * random())] AS command
    FROM generate_series(1, 100000) AS i
    JOIN machine ON machine.number = 1 + i * 7919::bigint % 1200
) AS run;
