-- A table of docglow-telemetry's events. ADAPTERS stands for docglow-telemetry's list of adapters, as rows: ('duckdb'),('trino').
CREATE DATABASE docglow;

-- Schema version 1 of the payload, and when it came. Nothing else of a request is kept.
CREATE TABLE docglow.event
(
    received_at DateTime MATERIALIZED now(),
    schema_version UInt8,
    instance_id UUID,
    command LowCardinality(String),
    result LowCardinality(String),
    duration_ms UInt64,
    docglow_version LowCardinality(Nullable(String)),
    python_version LowCardinality(Nullable(String)),
    platform LowCardinality(String),
    adapter_type LowCardinality(Nullable(String)),
    project_shape Tuple(models UInt64, sources UInt64, seeds UInt64, tests UInt64, macros UInt64),
    features_used Array(LowCardinality(String)),

    CONSTRAINT schema_version CHECK schema_version = 1,
    CONSTRAINT instance_id CHECK match(toString(instance_id), '^.{14}4.{4}[89ab]'),
    CONSTRAINT command CHECK command IN ('generate', 'health', 'serve'),
    CONSTRAINT result CHECK result IN ('success', 'error'),
    CONSTRAINT duration_ms CHECK duration_ms <= 2678400000,
    CONSTRAINT docglow_version CHECK docglow_version IS NULL OR match(docglow_version,
        '^(0|[1-9][0-9]{0,3})([.](0|[1-9][0-9]{0,3})){0,2}((a|b|rc)(0|[1-9][0-9]{0,7}))?([.]post(0|[1-9][0-9]{0,7}))?([.]dev(0|[1-9][0-9]{0,7}))?$'),
    CONSTRAINT python_version CHECK python_version IS NULL OR match(python_version,
        '^(0|[1-9][0-9]{0,2})([.](0|[1-9][0-9]{0,2})){2}$'),
    CONSTRAINT platform CHECK platform IN ('linux', 'darwin', 'windows', 'other'),
    CONSTRAINT project_shape CHECK greatest(project_shape.models, project_shape.sources, project_shape.seeds, project_shape.tests, project_shape.macros) <= 9999999,
    -- Some of these, each once and in this order.
    CONSTRAINT features_used CHECK features_used = arrayFilter(feature -> has(features_used, feature),
        ['column_lineage', 'profiling', 'ai_chat', 'static', 'slim', 'table', 'json', 'markdown', 'watch'])
)
ENGINE = MergeTree
ORDER BY received_at
TTL received_at + INTERVAL 365 DAY DELETE;

CREATE TABLE docglow.adapter (name String) ENGINE = MergeTree ORDER BY name;
INSERT INTO docglow.adapter VALUES ADAPTERS;

-- Events arrive here, and each one is passed on to the table. docglow itself sends the name of any adapter; only the published
-- names are kept.
CREATE TABLE docglow.inbox AS docglow.event ENGINE = Null;
CREATE MATERIALIZED VIEW docglow.arrival TO docglow.event AS
SELECT * REPLACE if(adapter_type IS NULL OR adapter_type IN (SELECT name FROM docglow.adapter), adapter_type, 'other') AS adapter_type
FROM docglow.inbox;
