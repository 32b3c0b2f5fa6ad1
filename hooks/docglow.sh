
# docglow-telemetry: begin. For bash, zsh, ksh, mksh, dash and ash.
# `docglow` runs as `docglow-telemetry run docglow`, or by itself if the tool is not installed.
# An alias or a function `docglow` of your own stays as it is. (127: dash and ash have no typeset.)
{
  \alias "docglow" ||
    \typeset -f "docglow" ||
    {
      [ $? = 127 ] &&
        case $(\type docglow) in
          *" function") ;;
          *) \false ;;
        esac
    }
} >/dev/null 2>&1 || \eval 'docglow() {
  # A restricted shell (r) allows no redirection. `hash` forgets the path of a tool that was moved.
  if [ "${-#*r}" != "$-" ] || ! {
    \hash docglow-telemetry
    \command -v docglow-telemetry
  } >/dev/null 2>&1; then
    \command docglow "$@"
    return
  fi
  case ${DOCGLOW_NO_TELEMETRY+off}${DOCGLOW_TELEMETRY-} in
    *[0Ff]* | *[Nn][Oo]*)
      # A variable that says off counts even if it is not exported: the subshell exports it.
      (
        \export DOCGLOW_NO_TELEMETRY
        case ${DOCGLOW_TELEMETRY-} in
          *[0Ff]* | *[Nn][Oo]*) \export DOCGLOW_TELEMETRY ;;
        esac
        docglow-telemetry run docglow "$@"
      )
      ;;
    *)
      docglow-telemetry run docglow "$@"
      ;;
  esac
}'
# docglow-telemetry: end.
