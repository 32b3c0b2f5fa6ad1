#!/bin/sh
# Creates target/pypi, from which maturin makes the wheel and the sdist: pypi.sh [NOTICES]
#
# It is a copy of .pypi with the README in a form for PyPI and the manual page. For a wheel, the
# licences of the code in the binary are added.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
repository=$(sh .package/metadata.sh repository)
version=$(sh .package/metadata.sh version)
folder=target/pypi
manual=$folder/data/data/share/man/man1

rm -rf "$folder"
mkdir -p "$manual"
cp -R .pypi/python "$folder"
sed 's|"../Cargo.toml"|"../../Cargo.toml"|' .pypi/pyproject.toml >"$folder/pyproject.toml"
if [ -n "$repository" ]; then
  cat >>"$folder/pyproject.toml" <<URLS

[project.urls]
Source = "$repository"
Documentation = "$repository/blob/v$version/hooks/README.md"
Changelog = "$repository/blob/v$version/.github/CHANGELOG.md"
Issues = "$repository/issues"
URLS
fi
"$python" .package/description.py "$repository" "$version" >"$folder/DESCRIPTION.md"
cp .package/docglow-telemetry.1 "$manual"
if [ $# -gt 0 ]; then
  cp "$1" "$folder/NOTICES"
  cp LICENSE "$folder"
else
  # maturin accepts both this LICENSE and the one beside Cargo.toml only if they are the same file.
  ln -s ../../LICENSE "$folder/LICENSE"
fi
