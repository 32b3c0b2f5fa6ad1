# shellcheck shell=sh
# Reports docglow's generate, health and serve to docglow-telemetry. For bash, zsh, dash and busybox ash:
#   eval "$(docglow-telemetry init bash)"
# It defines the function `docglow` around the command on PATH; every other name it takes starts with __docglow_telemetry_.
# Command words are quoted (\command) so that no alias of the user's gets into the functions.
# `local` is the one word here that POSIX lacks, and all four shells have it; EPOCHREALTIME and shopt are asked of bash alone.
# shellcheck disable=SC3028,SC3043,SC3044

# Sets __docglow_telemetry_path to the docglow on PATH; to nothing if it or the hook is missing. `command -v` would find the
# function, and cost a process to be asked.
__docglow_telemetry_find() {
  [ -z "${ZSH_VERSION-}" ] || emulate -L sh
  # A read-only kill switch is the administrator's word: docglow, which obeys it too, then runs as if there were no hook.
  # shellcheck disable=SC2034
  [ -z "${DOCGLOW_NO_TELEMETRY+set}" ] || (DOCGLOW_NO_TELEMETRY=1) 2>/dev/null || \return 0
  \local __docglow_telemetry_rest="$PATH:" __docglow_telemetry_folder='' __docglow_telemetry_found=''
  __docglow_telemetry_path=
  while [ -n "$__docglow_telemetry_rest" ]; do
    __docglow_telemetry_folder=${__docglow_telemetry_rest%%:*}
    __docglow_telemetry_folder=${__docglow_telemetry_folder:-.}
    __docglow_telemetry_rest=${__docglow_telemetry_rest#*:}
    if [ -z "$__docglow_telemetry_path" ] && [ -f "$__docglow_telemetry_folder/docglow" ] &&
      [ -x "$__docglow_telemetry_folder/docglow" ]; then
      __docglow_telemetry_path=$__docglow_telemetry_folder/docglow
    fi
    if [ -x "$__docglow_telemetry_folder/docglow-telemetry" ]; then
      __docglow_telemetry_found=1
    fi
  done
  if [ -z "$__docglow_telemetry_found" ]; then
    __docglow_telemetry_path=
  fi
}

# Sets __docglow_telemetry_now to milliseconds of a clock that is only good for differences.
__docglow_telemetry_clock() {
  [ -z "${ZSH_VERSION-}" ] || emulate -L zsh
  __docglow_telemetry_now=
  if [ -n "${BASH_VERSION-}" ]; then
    # Seconds and microseconds, parted by the locale's decimal point.
    __docglow_telemetry_now=${EPOCHREALTIME-}
    __docglow_telemetry_now=${__docglow_telemetry_now%[!0-9]*}${__docglow_telemetry_now#*[!0-9]}
    __docglow_telemetry_now=${__docglow_telemetry_now%???}
  elif [ -n "${ZSH_VERSION-}" ]; then
    \print -rP -v __docglow_telemetry_now '%D{%s%3.}' 2>/dev/null || :
  elif [ -r /proc/uptime ]; then
    # "12345.67 …": hundredths, but without a process.
    \read -r __docglow_telemetry_now </proc/uptime || :
    __docglow_telemetry_now=${__docglow_telemetry_now%% *}
    __docglow_telemetry_now=${__docglow_telemetry_now%.*}${__docglow_telemetry_now#*.}0
  fi
  case $__docglow_telemetry_now in
    '' | 0* | *[!0-9]*) ;;
    *) \return ;;
  esac
  __docglow_telemetry_now=$(\command date +%s%N 2>/dev/null) || :
  case $__docglow_telemetry_now in
    # No %N: whole seconds.
    '' | *[!0-9]*) __docglow_telemetry_now=$(\command date +%s)000 ;;
    *) __docglow_telemetry_now=${__docglow_telemetry_now%??????} ;;
  esac
}

# What docglow-telemetry has to do for one docglow command line: `ask STATUS START ARGS…` for consent, or `report STATUS START ARGS…`.
# Fails where there is nothing to ask or report. A subshell, so that its variables and options are its own.
__docglow_telemetry_hook() (
  [ -z "${ZSH_VERSION-}" ] || emulate sh
  \set +aeu
  \unset IFS
  # Forks are what all this costs: with lastpipe bash, as zsh anyway, needs none for the end of a pipeline.
  [ -z "${BASH_VERSION-}" ] || shopt -s lastpipe 2>/dev/null || :
  task_=$1 status_=$2 start_=$3 command_=$4
  \shift 4
  case $status_ in
    0) result_=success ;;
    # A usage error, and a docglow that could not be run.
    2 | 126 | 127) \exit 1 ;;
    *) result_=error ;;
  esac
  # A docglow that a signal ended, or only stopped for now (Ctrl-Z in bash), reports nothing by itself either.
  [ "$status_" -le 128 ] || \exit 1
  duration_=0
  if [ -n "$start_" ]; then
    __docglow_telemetry_clock
    duration_=$((__docglow_telemetry_now - start_))
    [ "$duration_" -ge 0 ] || duration_=0
  fi

  project_dir_='' target_dir_='' site_dir_=target/docglow
  column_lineage_=1 column_lineage_select_='' profile_='' ai_='' static_='' slim_='' format_=table watch_=''
  while [ $# -gt 0 ]; do
    option_=$1 value_=''
    \shift
    case $option_ in
      --project-dir | --target-dir | --output-dir | --dir | --host | --port | --format | --select | --exclude | --title | --theme | \
        --profile-adapter | --profile-connection | --profile-sample-size | --column-lineage-select | --column-lineage-depth | \
        --ai-key | --head-script | --workers | --fail-under)
        [ $# -gt 0 ] || \exit 1
        value_=$1
        \shift
        ;;
      # A flag takes no value.
      --open=* | --no-open=* | --watch=* | --verbose=*) \exit 1 ;;
      --*=*)
        value_=${option_#*=}
        option_=${option_%%=*}
        ;;
    esac
    case $option_ in
      --help | -h) \exit 1 ;;
      --)
        [ "$command_" != serve ] || [ $# -eq 0 ] || \exit 1
        break
        ;;
      --project-dir) project_dir_=$value_ ;;
      --target-dir) target_dir_=$value_ ;;
      --dir) site_dir_=$value_ ;;
      --skip-column-lineage) column_lineage_='' ;;
      --column-lineage-select) column_lineage_select_=$value_ ;;
      --profile) profile_=1 ;;
      --no-profile) profile_='' ;;
      --ai) ai_=1 ;;
      --ai-key) [ -z "$value_" ] || ai_=1 ;;
      --static) static_=1 ;;
      --slim) slim_=1 ;;
      --format) format_=$value_ ;;
      --watch) watch_=1 ;;
    esac
    # serve is reported before docglow has seen its arguments: what it would refuse is no event.
    if [ "$command_" = serve ]; then
      case $option_ in
        --project-dir) [ -e "$value_" ] || \exit 1 ;;
        --port) case $value_ in '' | *[!0-9]*) \exit 1 ;; esac ;;
        --dir | --host | --open | --no-open | --watch | --verbose) ;;
        *) \exit 1 ;;
      esac
    fi
  done

  features_=
  case $command_ in
    generate)
      [ -z "$column_lineage_$column_lineage_select_" ] || features_=$features_,'"column_lineage"'
      [ -z "$profile_" ] || features_=$features_,'"profiling"'
      [ -z "$ai_" ] || features_=$features_,'"ai_chat"'
      [ -z "$static_" ] || features_=$features_,'"static"'
      [ -z "$slim_" ] || features_=$features_,'"slim"'
      ;;
    health)
      case $format_ in
        json | markdown) features_=',"'$format_'"' ;;
        *) features_=',"table"' ;;
      esac
      ;;
    serve)
      [ -d "$site_dir_" ] || \exit 1
      [ -z "$watch_" ] || features_=',"watch"'
      ;;
  esac

  if [ "$task_" = ask ]; then
    \set -- prompt
  else
    program_=${__docglow_telemetry_path-}
    [ "${program_#/}" != "$program_" ] || program_=$PWD/$program_
    \set -- --target-dir "${target_dir_:-${project_dir_:+$project_dir_/}target}" --docglow "$program_"
  fi
  [ -z "$project_dir_" ] || \set -- --project-dir "$project_dir_" "$@"
  if [ "$task_" = ask ]; then
    \exec docglow-telemetry "$@"
  else
    \printf '{"command":"%s","result":"%s","duration_ms":%s,"features_used":[%s]}\n' \
      "$command_" "$result_" "$duration_" "${features_#,}" | \exec docglow-telemetry "$@" >/dev/null
  fi
)

__docglow_telemetry_run() {
  \local __docglow_telemetry_now='' __docglow_telemetry_status=''
  if [ "$1" = generate ] && [ -z "${__docglow_telemetry_asked-}" ] && [ -t 0 ] && [ -t 1 ] &&
    __docglow_telemetry_hook ask 0 '' "$@"; then
    __docglow_telemetry_asked=1
  fi
  if [ "$1" = serve ]; then
    __docglow_telemetry_hook report 0 '' "$@" || :
    DOCGLOW_NO_TELEMETRY=1 \command docglow "$@"
    \return
  fi
  __docglow_telemetry_clock
  # docglow's own telemetry stays silent, or there would be two events.
  # `if`, for after `|| status=$?` an interrupted zsh would say 1 instead of 130.
  if DOCGLOW_NO_TELEMETRY=1 \command docglow "$@"; then
    __docglow_telemetry_status=0
  else
    __docglow_telemetry_status=$?
  fi
  __docglow_telemetry_hook report "$__docglow_telemetry_status" "$__docglow_telemetry_now" "$@" || :
  \return "$__docglow_telemetry_status"
}

# With an alias `docglow`, the shells would expand it in the definition below: it is set aside until the function stands.
__docglow_telemetry_alias=
if \alias docglow >/dev/null 2>&1; then
  __docglow_telemetry_alias=$(\alias docglow)
  \unalias docglow
fi
# `|| return` keeps an inherited ERR trap from running once in here and once more at the call.
\eval 'docglow() {
  \local __docglow_telemetry_path=
  case ${1-} in
    generate | health | serve) __docglow_telemetry_find ;;
  esac
  if [ -n "$__docglow_telemetry_path" ]; then
    __docglow_telemetry_run "$@" || \return
  else
    \command docglow "$@" || \return
  fi
}'
[ -z "$__docglow_telemetry_alias" ] || \eval "alias ${__docglow_telemetry_alias#alias }"
\unset __docglow_telemetry_alias
