
# docglow-telemetry: begin. For xonsh.
# `docglow` runs as `docglow-telemetry run docglow`, or by itself if the tool is not installed.
# An alias `docglow` of your own stays as it is.
if 'docglow' not in aliases:
    aliases['docglow'] = [
        'sh', '-c',
        'command -v docglow-telemetry >/dev/null && exec docglow-telemetry run docglow "$@"\n'
        'exec docglow "$@"', 'sh',
    ]
# docglow-telemetry: end.
