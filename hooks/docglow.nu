
# docglow-telemetry: begin. For nushell.
# `docglow` runs as `docglow-telemetry run docglow`, or by itself if the tool is not installed.
def --wrapped docglow [...words] {
    if (which --all docglow-telemetry | where type == external | is-empty) {
        ^docglow ...$words
    } else {
        ^docglow-telemetry run docglow ...$words
    }
}
# docglow-telemetry: end.
