-- The rows of all views as one JSON object, for report.py.
SET search_path = docglow;
SELECT json_build_object(
    'adapters', (SELECT json_agg(view) FROM adapters AS view),
    'project_sizes', (SELECT json_agg(view) FROM project_sizes AS view),
    'generate_durations', (SELECT json_agg(view) FROM generate_durations AS view),
    'python_versions', (SELECT json_agg(view) FROM python_versions AS view),
    'docglow_versions', (SELECT json_agg(view) FROM docglow_versions AS view),
    'errors', (SELECT json_agg(view) FROM errors AS view),
    'features', (SELECT json_agg(view) FROM features AS view)
);
