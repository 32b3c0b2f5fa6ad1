#!/bin/sh
# Prints the licences of the code in the binary: notices.sh TARGET. If a package offers a choice, it
# prints the MIT licence.
set -eu
# Before the first build of a target, sources may be missing.
cargo fetch --quiet --locked --target "$1"
sources=${CARGO_HOME:-$HOME/.cargo}/registry/src
# Git Bash cannot use paths with backslashes.
command -v cygpath >/dev/null && sources=$(cygpath -u "$sources")
mit=$(sed -n '/^Permission is/,$p' LICENSE)

heading() {
  printf '\n%s\n%s\n\n' "$1" "$(printf %s "$1" | sed 's/./-/g')"
}

echo 'What docglow-telemetry is made of, and the licences that it comes under.'
heading "docglow-telemetry: MIT"
cat LICENSE
heading "Rust's standard library, $(rustc --version | cut -d ' ' -f 2): MIT OR Apache-2.0"
printf 'Copyright (c) The Rust Project Contributors\n\n%s\n' "$mit"
case $1 in
  *-musl)
    heading 'musl: MIT'
    printf 'Copyright (c) 2005-2020 Rich Felker, et al.\n\n%s\n' "$mit"
    ;;
esac

cargo tree --locked --target "$1" --edges normal,no-proc-macro --prefix none --no-dedupe --format '{p}|{l}' |
  sort -u | grep -v '^docglow-telemetry ' |
  while IFS='|' read -r package licence; do
    name=${package%% *} version=${package#* v}
    heading "$name ${version%% *}: $licence"
    set -- "$sources"/*/"$name-${version%% *}"
    # The file's name is in upper case in most crates, and in lower case in Microsoft's.
    if find "$1" -maxdepth 1 -iname 'LICENSE-MIT' -exec cat {} + | grep ''; then
      continue
    fi
    find "$1" -maxdepth 1 '(' -iname 'LICEN[CS]E*' -o -iname 'COPYING*' ')' -exec cat {} + | grep ''
  done
