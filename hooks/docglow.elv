
# docglow-telemetry: begin. For elvish.
# `docglow` runs as `docglow-telemetry run docglow`, or by itself if the tool is not installed.
fn docglow {|@words|
  if (has-external docglow-telemetry) {
    e:docglow-telemetry run docglow $@words
  } else {
    e:docglow $@words
  }
}
# docglow-telemetry: end.
