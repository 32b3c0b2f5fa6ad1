-- A view for each question that the events answer, as in Postgres's questions.sql.

-- An install is an id that was seen on two days. Each job of a CI service has a new id, so it is no install.
CREATE VIEW docglow.install_event AS
SELECT *, received_at, toStartOfMonth(received_at, 'UTC') AS month,
    extract(python_version, '^[0-9]+[.][0-9]+') AS python
FROM docglow.event
WHERE instance_id IN (
    SELECT instance_id FROM docglow.event
    GROUP BY instance_id HAVING toDate(min(received_at), 'UTC') < toDate(max(received_at), 'UTC')
);

-- Which adapters are in use?
CREATE VIEW docglow.adapters AS
SELECT month, ifNull(adapter_type, 'none') AS adapter, uniqExact(instance_id) AS installs
FROM docglow.install_event
GROUP BY month, adapter
ORDER BY month, installs DESC, adapter;

-- How large are the projects? The last project of each install counts.
CREATE VIEW docglow.project_sizes AS
SELECT measure, count() AS installs,
    round(quantileExactInclusive(0.1)(amount)) AS p10,
    round(quantileExactInclusive(0.5)(amount)) AS p50,
    round(quantileExactInclusive(0.9)(amount)) AS p90,
    round(quantileExactInclusive(0.99)(amount)) AS p99
FROM (
    SELECT argMax(project_shape, received_at) AS project
    FROM docglow.install_event WHERE project_shape.models > 0
    GROUP BY instance_id
)
ARRAY JOIN
    ['models', 'sources', 'seeds', 'tests', 'macros'] AS measure,
    [project.models, project.sources, project.seeds, project.tests, project.macros] AS amount
GROUP BY measure
ORDER BY measure;

-- Does generate get slower? ClickHouse does not know whether docglow or the hook has sent an event.
CREATE VIEW docglow.generate_durations AS
SELECT docglow_version, count() AS runs,
    round(quantileExactInclusive(0.5)(duration_ms)) AS p50_ms,
    round(quantileExactInclusive(0.9)(duration_ms)) AS p90_ms,
    round(quantileExactInclusive(0.99)(duration_ms)) AS p99_ms
FROM docglow.event
WHERE command = 'generate' AND result = 'success'
GROUP BY docglow_version
ORDER BY min(received_at), docglow_version;

-- When can a Python be dropped?
CREATE VIEW docglow.python_versions AS
SELECT month, python, uniqExact(instance_id) AS installs
FROM docglow.install_event
WHERE python != ''
GROUP BY month, python
ORDER BY month, arrayMap(number -> toUInt16(number), splitByChar('.', assumeNotNull(python)));

-- Who updates docglow?
CREATE VIEW docglow.docglow_versions AS
SELECT month, docglow_version, uniqExact(instance_id) AS installs
FROM docglow.install_event
WHERE docglow_version IS NOT NULL
GROUP BY month, docglow_version
ORDER BY month, min(received_at), docglow_version;

-- Which versions fail?
CREATE VIEW docglow.errors AS
SELECT docglow_version, command, count() AS events, countIf(result = 'error') AS errors,
    round(100 * errors / events, 1) AS percent
FROM docglow.event
GROUP BY docglow_version, command
ORDER BY min(min(received_at)) OVER (PARTITION BY docglow_version), docglow_version, command;

-- Which features are in use? The percentage is of the installs that ran the command.
CREATE VIEW docglow.features AS
SELECT command, feature, uniqExact(instance_id) AS installs, round(100 * installs / total, 1) AS percent
FROM docglow.install_event
ARRAY JOIN features_used AS feature
JOIN (
    SELECT command, uniqExact(instance_id) AS total FROM docglow.install_event GROUP BY command
) AS ran USING (command)
GROUP BY command, feature, total
ORDER BY command, installs DESC, feature;
