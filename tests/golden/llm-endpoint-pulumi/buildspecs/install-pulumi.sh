#!/usr/bin/env bash
# Installs the Pulumi command at an exact version, and holds it to the checksum of the first time.
#
#   bash buildspecs/install-pulumi.sh 3.0.0
#
# Commit the line that the first build prints as buildspecs/pulumi.sha256: from then on another file is refused.
set -euo pipefail

archive=pulumi-v${1:?name the version}-linux-x64.tar.gz
known=$PWD/buildspecs/pulumi.sha256
cd "$(mktemp -d)"
curl --fail --silent --show-error --location --proto =https --tlsv1.2 --remote-name \
  "https://get.pulumi.com/releases/sdk/$archive"
if [ -f "$known" ]; then
  sha256sum --check --strict "$known"
else
  echo "buildspecs/pulumi.sha256 is not there yet; commit this line as it:"
  sha256sum "$archive"
fi
tar --extract --gzip --file "$archive" --directory "$HOME" # makes $HOME/pulumi
