#!/bin/sh
# Runs cargo test and adds its results up: sum.sh LABEL COMMAND...
set -eu
label=$1
shift
status=$(mktemp)
trap 'rm -f "$status"' EXIT
{
  "$@" && echo 0 >"$status" || echo "$?" >"$status"
} 2>&1 | awk -v label="$label" '
  { print; fflush() }
  /^test result: / { passed += $4; failed += $6; ignored += $8 }
  END { printf "\n%s: %d passed, %d failed, %d skipped\n", label, passed, failed, ignored }
'
exit "$(cat "$status")"
