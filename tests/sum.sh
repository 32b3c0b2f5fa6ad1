#!/bin/sh
# Runs cargo test and adds its results up: sum.sh COMMAND...
set -eu
status=$(mktemp)
trap 'rm -f "$status"' EXIT
{
  "$@" && echo 0 >"$status" || echo "$?" >"$status"
} 2>&1 | awk '
  { print; fflush() }
  /^test result: / { passed += $4; failed += $6; ignored += $8 }
  END { printf "\n%d passed, %d failed, %d skipped\n", passed, failed, ignored }
'
exit "$(cat "$status")"
