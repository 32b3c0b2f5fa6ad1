test ab = a\
b || echo 'docglow-telemetry: pipe this into source: see docglow-telemetry --help' >&2
# Tells docglow-telemetry of docglow's generate, health and serve. It puts a function `docglow` around the docglow that you have,
# be it a command, a function or an alias, which fish makes a function of. The other name that it takes is __docglow_user.
# One that sets DOCGLOW_ variables by itself stays alone.
set --local __docglow_own
if functions --query docglow; and not functions docglow | string match --quiet '*__docglow_user*'
    set __docglow_own (functions docglow | string match '*DOCGLOW_*')
    functions --erase __docglow_user
    functions --copy docglow __docglow_user
end

set --query __docglow_own[1]; or function docglow
    set --local path docglow
    functions --query __docglow_user; and set path
    if not contains -- "$argv[1]" generate health serve; or not command --query docglow-telemetry
        if set --query path[1]
            command docglow $argv
        else
            __docglow_user $argv
        end
        return
    end
    if test "$argv[1]" = serve
        command docglow-telemetry report --status 0 --docglow "$path" -- $argv >/dev/null
    else if test "$argv[1]" = generate; and test -t 0
        command docglow-telemetry prompt -- $argv
    end
    # Seconds since the machine was started, or since 1970.
    set --local start
    if test -r /proc/uptime
        read --array --delimiter " " start </proc/uptime
    else
        set start (command date +%s)
    end
    # docglow's own telemetry stays silent, or there would be two events.
    if set --query path[1]
        DOCGLOW_NO_TELEMETRY=1 command docglow $argv
    else
        DOCGLOW_NO_TELEMETRY=1 __docglow_user $argv
    end
    set --local exit_status $status
    test "$argv[1]" = serve
    or command docglow-telemetry report --status $exit_status --started "$start[1]" --docglow "$path" -- $argv >/dev/null
    return $exit_status
end
