#!/bin/sh
# Makes the .deb and the .rpm in dist/ from the files below target/stage: linux.sh NFPM PROCESSOR
set -eu
nfpm=$1 stage=target/stage
case $2 in
  x86_64) ARCH=amd64 ;;
  aarch64) ARCH=arm64 ;;
  *) ARCH=$2 ;;
esac
VERSION=$(sh .package/metadata.sh version)
MAINTAINER=$(sh .package/metadata.sh maintainer)
REPOSITORY=$(sh .package/metadata.sh repository)
export ARCH VERSION MAINTAINER REPOSITORY

gzip -9n <.package/docglow-telemetry.1 >"$stage/manual.gz"
{
  printf 'docglow-telemetry %s, from %s\n\n' "$VERSION" "${REPOSITORY:-a source without an address}"
  cat LICENSE
  printf '\nThe licences of the libraries in the binary are in NOTICES, beside this file.\n'
} >"$stage/copyright"
released=$(sed -n "s/^## .*$VERSION.* - \([0-9-]*\)$/\1/p" .github/CHANGELOG.md)
cat >"$stage/changelog.yaml" <<CHANGELOG
- semver: $VERSION-1
  date: ${released:-1980-01-01}T00:00:00Z
  packager: $MAINTAINER
  deb: { urgency: low, distributions: [stable] }
  changes:
    - note: The changes are in .github/CHANGELOG.md of the source.
CHANGELOG
cat >"$stage/overrides" <<'OVERRIDES'
# A static program starts in half the time.
docglow-telemetry: statically-linked-binary
# A translation of libyaml into Rust, which Debian does not package.
docglow-telemetry: embedded-library *libyaml*
OVERRIDES

# nfpm copies the modes of these files, which depend on the umask.
chmod -R u=rwX,go=rX "$stage"
for packager in deb rpm; do
  "$nfpm" package --config .package/nfpm.yaml --target dist/ --packager "$packager"
done
