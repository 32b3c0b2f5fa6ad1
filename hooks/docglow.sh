__docglow_text=a\
b; \test "$__docglow_text" = ab || \echo 'docglow-telemetry: this line needs its quotes: see docglow-telemetry --help' >&2
# Tells docglow-telemetry of docglow's generate, health and serve. For bash, zsh, dash and busybox ash. It puts a function
# `docglow` around the docglow that you have: a command, a function, or an alias of a program; one that sets DOCGLOW_ variables by
# itself stays alone. All other names it takes begin with __docglow_. Commands are quoted (\command), lest an alias stands for them.
# shellcheck disable=SC2016,SC3028,SC3043
__docglow_hook() {
  \local __docglow_run='\command docglow' __docglow_path=docglow __docglow_start="${EPOCHREALTIME-}" __docglow_status=''
  ! \command -v __docglow_user >/dev/null || __docglow_run=__docglow_user __docglow_path=''
  # Other commands are left alone, and so is docglow under a kill switch that an administrator made read-only.
  case ${1-} in
    generate | health | serve)
      \command -v docglow-telemetry >/dev/null && { \test -z "${DOCGLOW_NO_TELEMETRY+set}" || (DOCGLOW_NO_TELEMETRY=1) 2>/dev/null; } ;;
    *) \false ;;
  esac || { \eval "$__docglow_run"' "$@"' && \return || \return; }
  case $1 in
    generate) ! \test -t 0 || \command docglow-telemetry prompt -- "$@" || \: ;;
    serve)
      \command docglow-telemetry report --status 0 --docglow "$__docglow_path" -- "$@" >/dev/null || \:
      { \test -n "$__docglow_path" && \test "${BASH_SUBSHELL:-${ZSH_SUBSHELL:-0}}" -gt 0; } ||
        { \eval "DOCGLOW_NO_TELEMETRY=1 $__docglow_run"' "$@"' && \return || \return; }
      # After `docglow serve &` the shell's $! is this subshell: it passes on what is to end docglow.
      (\trap - INT QUIT; \eval 'DOCGLOW_NO_TELEMETRY=1 \exec '"${ZSH_VERSION+command }"'docglow "$@"') <&0 &
      \trap '\kill $!; \wait $!; \exit' TERM HUP; \trap '\:' INT
      while \wait $!; __docglow_status=$?; \kill -0 $! 2>/dev/null; do \:; done
      \trap - TERM HUP INT; \return "$__docglow_status" ;;
  esac
  # Seconds since 1970, or since the machine was started.
  case ${ZSH_VERSION+zsh}$__docglow_start in
    zsh*) \eval '__docglow_start=${(%):-%D{%s.%6.}}' ;;
    '') if \test -r /proc/uptime; then IFS='' \read -r __docglow_start </proc/uptime; else __docglow_start=$(\command date +%s); fi ;;
  esac
  # docglow's own telemetry stays silent, or there would be two events. `if`, for after `||` an interrupted zsh says 1.
  if \eval "DOCGLOW_NO_TELEMETRY=1 $__docglow_run"' "$@"'; then __docglow_status=0; else __docglow_status=$?; fi
  \command docglow-telemetry report --status "$__docglow_status" --started "${__docglow_start%%[!0-9.,]*}" \
    --docglow "$__docglow_path" -- "$@" >/dev/null || \:
  \return "$__docglow_status"
}
# shellcheck disable=SC3044
if \test "${KSH_VERSION-}${-#*r}" = "$-" && case $(\alias docglow 2>/dev/null; \typeset -f docglow 2>/dev/null) in *DOCGLOW_*) \false ;; esac; then
  # An alias is set aside, or it would be read in the definitions below. Its text becomes a function, if it begins with a program.
  if \alias docglow >/dev/null 2>&1; then __docglow_alias=$(\alias docglow); \unalias docglow; else __docglow_alias=''; fi
  \eval "__docglow_text=${__docglow_alias#*=}"
  \test -z "$__docglow_text" || case ${__docglow_text%% *}:$(\command -v "${__docglow_text%% *}") in docglow:* | __docglow_hook:*) ;; */*)
    \eval '__docglow_user() { '"$__docglow_text"' "$@"; }'; __docglow_alias='' ;; esac
  if \typeset -f docglow >/dev/null 2>&1; then
    \test -z "${ZSH_VERSION-}" || \autoload +X docglow 2>/dev/null || \:
    __docglow_code=$(\typeset -f docglow)
    \test "${__docglow_code#*__docglow_hook}" != "$__docglow_code" || \eval "__docglow_user${__docglow_code#docglow}"
  elif \test "$(\command -v docglow)" = docglow; then
    # dash shows no function: yours stays, and an alias stands before it.
    \test -n "${__docglow_ready-}" || { \eval '__docglow_user() { '"${__docglow_text:-docglow}"' "$@"; }'; __docglow_alias=docglow=__docglow_hook; }
    __docglow_text=__docglow_hook
  fi
  # Evaluated, for zsh reads more of the lines before the alias is gone. Alone, as in a snapshot of the shell, it runs docglow.
  \test "$__docglow_text" = __docglow_hook || \eval 'docglow() { if \test "${-#*r}" = "$-" && \command -v __docglow_hook >/dev/null;'\
' then __docglow_hook "$@" || \return; else \command docglow "$@" || \return; fi; }'
  \test -z "$__docglow_alias" || \eval "\alias ${__docglow_alias#alias }"
fi
__docglow_ready=1; \unset __docglow_alias __docglow_text __docglow_code
