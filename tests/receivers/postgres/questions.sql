-- A view for each question that the events answer. They cover the 365 days of events that there are.
BEGIN;
SET LOCAL search_path = docglow, pg_temp;

-- An install is an id that was seen on two days. Each job of a CI service has a new id, so it is no install.
CREATE VIEW install AS
SELECT instance_id FROM event_by_day GROUP BY instance_id HAVING min(day) < max(day);

CREATE VIEW install_event AS
SELECT event_by_day.*, date_trunc('month', day)::date AS month FROM event_by_day JOIN install USING (instance_id);

-- Which adapters are in use?
CREATE VIEW adapters AS
SELECT month, adapter, count(*) AS installs
FROM (SELECT DISTINCT month, coalesce(adapter_type, 'none') AS adapter, instance_id FROM install_event) AS used
GROUP BY month, adapter
ORDER BY month, installs DESC, adapter;

-- How large are the projects? The last project of each install counts.
CREATE VIEW project_sizes AS
SELECT measure, count(*) AS installs,
    round(percentile_cont(0.1) WITHIN GROUP (ORDER BY amount)) AS p10,
    round(percentile_cont(0.5) WITHIN GROUP (ORDER BY amount)) AS p50,
    round(percentile_cont(0.9) WITHIN GROUP (ORDER BY amount)) AS p90,
    round(percentile_cont(0.99) WITHIN GROUP (ORDER BY amount)) AS p99
FROM (
    SELECT DISTINCT ON (instance_id) models, sources, seeds, tests, macros
    FROM install_event WHERE models > 0
    ORDER BY instance_id, received_at DESC
) AS project,
LATERAL (VALUES
    ('models', models), ('sources', sources), ('seeds', seeds), ('tests', tests), ('macros', macros)
) AS counted (measure, amount)
GROUP BY measure
ORDER BY measure;

-- Does generate get slower? Compare versions only within one sender.
CREATE VIEW generate_durations AS
SELECT sender, docglow_version, count(*) AS runs,
    round(percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ms)) AS p50_ms,
    round(percentile_cont(0.9) WITHIN GROUP (ORDER BY duration_ms)) AS p90_ms,
    round(percentile_cont(0.99) WITHIN GROUP (ORDER BY duration_ms)) AS p99_ms
FROM event
WHERE command = 'generate' AND result = 'success'
GROUP BY sender, docglow_version
ORDER BY sender, min(received_at), docglow_version;

-- When can a Python be dropped?
CREATE VIEW python_versions AS
SELECT month, python, count(*) AS installs
FROM (SELECT DISTINCT month, python, instance_id FROM install_event WHERE python IS NOT NULL) AS used
GROUP BY month, python
ORDER BY month, string_to_array(python, '.')::integer[];

-- Who updates docglow?
CREATE VIEW docglow_versions AS
SELECT month, docglow_version, count(*) AS installs
FROM (
    SELECT month, docglow_version, instance_id, min(received_at) AS first_at
    FROM install_event WHERE docglow_version IS NOT NULL
    GROUP BY month, docglow_version, instance_id
) AS used
GROUP BY month, docglow_version
ORDER BY month, min(first_at), docglow_version;

-- Which versions fail?
CREATE VIEW errors AS
SELECT docglow_version, command, count(*) AS events, count(*) FILTER (WHERE result = 'error') AS errors,
    round(100.0 * count(*) FILTER (WHERE result = 'error') / count(*), 1) AS percent
FROM event
GROUP BY docglow_version, command
ORDER BY min(min(received_at)) OVER (PARTITION BY docglow_version), docglow_version, command;

-- Which features are in use? The percentage is of the installs that ran the command.
CREATE VIEW features AS
SELECT command, feature, count(*) AS installs, round(100.0 * count(*) / total, 1) AS percent
FROM (SELECT DISTINCT command, unnest(features_used) AS feature, instance_id FROM install_event) AS used
JOIN (
    SELECT command, count(*) AS total
    FROM (SELECT DISTINCT command, instance_id FROM install_event) AS ran
    GROUP BY command
) AS ran USING (command)
GROUP BY command, feature, total
ORDER BY command, installs DESC, feature;
COMMIT;
