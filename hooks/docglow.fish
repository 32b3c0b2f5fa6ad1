# Reports docglow's generate, health and serve to docglow-telemetry:
#   docglow-telemetry init fish | source
# It defines the function `docglow` around the command on PATH; every other name it takes starts with __docglow_telemetry_.

# An alias is a function in fish: what the user called docglow so far stays what the wrapper runs.
if not functions --query docglow
    function __docglow_telemetry_command
        command docglow $argv
    end
else if not functions docglow | string match --quiet '*__docglow_telemetry_run*'
    functions --erase __docglow_telemetry_command
    functions --copy docglow __docglow_telemetry_command
end

# Prints milliseconds of a clock that is only good for differences; fish has none of its own.
function __docglow_telemetry_clock
    if test -r /proc/uptime
        # "12345.67 …": hundredths, but without a process.
        read --local --delimiter ' ' seconds rest </proc/uptime
        math --scale=0 "$seconds * 1000"
        return
    end
    set --local now (command date +%s%N 2>/dev/null)
    if string match --quiet --regex '^\d+$' -- $now
        string replace --regex '\d{6}$' '' -- $now
    else
        # No %N: whole seconds.
        echo (command date +%s)000
    end
end

# What docglow-telemetry has to do for one docglow command line: `ask STATUS START ARGS…` for consent, or `report STATUS START ARGS…`.
# Fails where there is nothing to ask or report.
function __docglow_telemetry_report --argument-names task exit_status start subcommand
    set --local words $argv[5..]
    set --local result error
    switch $exit_status
        case 0
            set result success
        case 2 126 127
            # A usage error, and a docglow that could not be run.
            return 1
    end
    # A docglow that a signal ended reports nothing by itself either.
    test $exit_status -le 128; or return 1
    set --local duration 0
    if test -n "$start"
        set duration (math (__docglow_telemetry_clock) - $start)
        test $duration -ge 0; or set duration 0
    end

    set --local project_dir
    set --local target_dir
    set --local site_dir target/docglow
    set --local column_lineage 1
    set --local column_lineage_select ''
    set --local profile ''
    set --local ai ''
    set --local static ''
    set --local slim ''
    set --local format table
    set --local watch ''
    while set --query words[1]
        set --local option $words[1]
        set --local value ''
        set --erase words[1]
        switch $option
            case --project-dir --target-dir --output-dir --dir --host --port --format --select --exclude --title --theme \
                --profile-adapter --profile-connection --profile-sample-size --column-lineage-select --column-lineage-depth \
                --ai-key --head-script --workers --fail-under
                set --query words[1]; or return 1
                set value $words[1]
                set --erase words[1]
            case '--open=*' '--no-open=*' '--watch=*' '--verbose=*'
                # A flag takes no value.
                return 1
            case '--*=*'
                set value (string replace --regex '^[^=]*=' '' -- $option | string collect)
                set option (string replace --regex '=[\s\S]*' '' -- $option | string collect)
        end
        switch $option
            case --help -h
                return 1
            case --
                test "$subcommand" = serve; and set --query words[1]; and return 1
                break
            case --project-dir
                set project_dir "$value"
            case --target-dir
                set target_dir "$value"
            case --dir
                set site_dir "$value"
            case --skip-column-lineage
                set column_lineage ''
            case --column-lineage-select
                set column_lineage_select "$value"
            case --profile
                set profile 1
            case --no-profile
                set profile ''
            case --ai
                set ai 1
            case --ai-key
                test -z "$value"; or set ai 1
            case --static
                set static 1
            case --slim
                set slim 1
            case --format
                set format $value
            case --watch
                set watch 1
        end
        # serve is reported before docglow has seen its arguments: what it would refuse is no event.
        if test "$subcommand" = serve
            switch $option
                case --project-dir
                    test -e "$value"; or return 1
                case --port
                    string match --quiet --regex '^\d+$' -- "$value"; or return 1
                case --dir --host --open --no-open --watch --verbose
                case '*'
                    return 1
            end
        end
    end

    set --local features
    switch $subcommand
        case generate
            test -z "$column_lineage$column_lineage_select"; or set --append features '"column_lineage"'
            test -z "$profile"; or set --append features '"profiling"'
            test -z "$ai"; or set --append features '"ai_chat"'
            test -z "$static"; or set --append features '"static"'
            test -z "$slim"; or set --append features '"slim"'
        case health
            contains -- "$format" json markdown; or set format table
            set features "\"$format\""
        case serve
            test -d "$site_dir"; or return 1
            test -z "$watch"; or set features '"watch"'
    end

    set --local options
    test -z "$project_dir"; or set options --project-dir $project_dir
    if test "$task" = ask
        command docglow-telemetry $options prompt
        return
    end
    if test -z "$target_dir"
        set target_dir target
        test -z "$project_dir"; or set target_dir $project_dir/target
    end
    set --local program (command --search docglow)
    string match --quiet '/*' -- $program; or set program $PWD/$program
    set --append options --target-dir $target_dir --docglow $program
    printf '{"command":"%s","result":"%s","duration_ms":%s,"features_used":[%s]}\n' \
        $subcommand $result $duration (string join , -- $features) |
        command docglow-telemetry $options >/dev/null
end

function __docglow_telemetry_run
    if test "$argv[1]" = generate; and not set --query __docglow_telemetry_asked; and test -t 0; and test -t 1
        __docglow_telemetry_report ask 0 '' $argv; and set --global __docglow_telemetry_asked 1
    end
    if test "$argv[1]" = serve
        __docglow_telemetry_report report 0 '' $argv
        DOCGLOW_NO_TELEMETRY=1 __docglow_telemetry_command $argv
        return
    end
    set --local start (__docglow_telemetry_clock)
    # docglow's own telemetry stays silent, or there would be two events.
    DOCGLOW_NO_TELEMETRY=1 __docglow_telemetry_command $argv
    set --local exit_status $status
    __docglow_telemetry_report report $exit_status $start $argv
    return $exit_status
end

function docglow
    if contains -- "$argv[1]" generate health serve; and command --query docglow-telemetry; and command --query docglow
        __docglow_telemetry_run $argv
    else
        __docglow_telemetry_command $argv
    end
end
