# shellcheck shell=bash

# Completes the command line that begins with word $1, as if it stood alone.
_docglow_telemetry_run() {
  if declare -F _comp_command_offset >/dev/null; then
    _comp_command_offset "$1"
  elif declare -F _command_offset >/dev/null; then
    _command_offset "$1"
  else
    local name=${COMP_WORDS[$1]} function
    function=$(complete -p "$name" 2>/dev/null)
    [[ $function == *' -F '* ]] || return
    function=${function##* -F }
    COMP_WORDS=("${COMP_WORDS[@]:$1}")
    ((COMP_CWORD -= $1))
    "${function%% *}" "$name" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
  fi
}

_docglow_telemetry() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local command='' words i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case $command:${COMP_WORDS[i]} in
      run:-*) ;;
      run:*)
        _docglow_telemetry_run "$i"
        return
        ;;
      *:--) return ;; # docglow's own arguments
      *:-*) ;;
      :*) command=${COMP_WORDS[i]} ;;
    esac
  done
  case $command:$previous in
    *:--project-dir | *:--target-dir)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -d -- "$current")
      return
      ;;
    *:--docglow)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -c -f -- "$current")
      return
      ;;
    *:--status | *:--duration-ms) return ;;
  esac
  words='--project-dir --target-dir --docglow --wait --help --version'
  case $command in
    '') words="preview report run status log enable disable prompt init $words" ;;
    preview) words="report $words" ;;
    report) words="--status --duration-ms --docglow --wait" ;;
    status | log) words="--json $words" ;;
    init)
      words='bash zsh sh ksh mksh fish powershell nushell tcsh xonsh elvish'
      ;;
    run)
      words='--wait --help'
      if [ "$current" = "${current#-}" ]; then
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -c -- "$current")
        return
      fi
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -F _docglow_telemetry docglow-telemetry
