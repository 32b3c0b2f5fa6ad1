
# docglow-telemetry: begin. For tcsh.
# `docglow` runs as `docglow-telemetry run docglow`, or by itself if the tool is not installed.
# An alias `docglow` of your own stays as it is.
if ("`alias docglow`" == "") then
  alias docglow sh -c \''command -v docglow-telemetry >/dev/null &&' \
    'exec docglow-telemetry run docglow "$@"; exec docglow "$@"'\' sh
endif
# docglow-telemetry: end.
