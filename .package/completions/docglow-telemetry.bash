# shellcheck shell=bash
_docglow_telemetry() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command='' word
  COMPREPLY=()
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in
      --) return ;; # what follows is another program's
      -*) ;;
      *) [ -n "$command" ] || command=$word ;;
    esac
    if [ "$command" = run ] && [ "$current" = "${current#-}" ]; then
      compopt -o default 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -c -- "$current")
      return
    fi
  done
  case $previous in
    --project-dir | --target-dir) mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
    --docglow) mapfile -t COMPREPLY < <(compgen -c -f -- "$current") ;;
    --status | --duration-ms | --started) ;;
    init) mapfile -t COMPREPLY < <(compgen -W 'bash zsh sh fish powershell' -- "$current") ;;
    *)
      local words='--project-dir --target-dir --docglow --wait --help --version'
      case $command in
        '') words="preview report run status log enable disable prompt init $words" ;;
        preview) words="report $words" ;;
        report) words="--status --duration-ms --started $words" ;;
        status | log) words="--json $words" ;;
      esac
      mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
      ;;
  esac
}
complete -F _docglow_telemetry docglow-telemetry
