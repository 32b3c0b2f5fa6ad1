
# docglow-telemetry: begin. For fish.
# `docglow` runs as `docglow-telemetry run docglow`, or by itself if the tool is not installed.
# A function or an alias `docglow` of your own stays as it is.
functions --query docglow; or function docglow --description 'docglow, behind docglow-telemetry'
    # If one of these says off, it counts even if it is not exported.
    set --query DOCGLOW_NO_TELEMETRY
    and set --local --export DOCGLOW_NO_TELEMETRY $DOCGLOW_NO_TELEMETRY
    string match --quiet --ignore-case --regex '0|f|no' -- "$DOCGLOW_TELEMETRY"
    and set --local --export DOCGLOW_TELEMETRY $DOCGLOW_TELEMETRY
    if command --query docglow-telemetry
        command docglow-telemetry run docglow $argv
    else
        command docglow $argv
    end
end
# docglow-telemetry: end.
