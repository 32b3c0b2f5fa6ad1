#!/bin/sh
# Prints a value of Cargo.toml: `metadata.sh version`, `repository` (empty if unset) or
# `maintainer`. `metadata.sh check TAG` fails if a release of this tag cannot be made, and says why.
set -eu
cd "$(dirname "$0")/.."

value() {
  sed -n '/^\[package\]/,/^\[dep/ s/^'"$1"' = \[*"\([^"]*\)".*/\1/p' Cargo.toml
}

check() {
  problems=''
  if [ -z "$(value repository)" ]; then
    problems="${problems}Cargo.toml: \`repository\` is not set. Set it to the address of this repository.
"
  fi
  case $(value authors) in
    *'<'*@*'>') ;;
    *) problems="${problems}Cargo.toml: \`authors\` has no address. The packages need one: \"Name <name@example.com>\".
" ;;
  esac
  if [ "$1" != "v$(value version)" ]; then
    problems="${problems}Cargo.toml: \`version\` is $(value version), but the tag is $1.
"
  fi
  if ! grep -q "^## \[*$(value version)" .github/CHANGELOG.md; then
    problems="${problems}.github/CHANGELOG.md: there is no section for $(value version).
"
  fi
  printf %s "$problems" >&2
  test -z "$problems"
}

case $1 in
  version | repository) value "$1" ;;
  maintainer) value authors ;;
  check) check "$2" ;;
  *)
    echo "metadata.sh: unknown: $1" >&2
    exit 1
    ;;
esac
