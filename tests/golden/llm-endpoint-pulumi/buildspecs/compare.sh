#!/usr/bin/env bash
# Compares the spec with the one that a stage was deployed with last, and fails if data would be lost.
#
#   bash buildspecs/compare.sh s3://BUCKET/deployed/STAGE/spec.zip
#
# ALLOW_REPLACE names what may be replaced or deleted all the same, as `groundplan diff` calls it, separated by commas:
# a variable of the pipeline, for who starts it by hand.
set -euo pipefail

record=${1:?name the record}
path=${record#s3://}
if ! found=$(aws s3api head-object --bucket "${path%%/*}" --key "${path#*/}" 2>&1); then
  case $found in
    *"(404)"*) echo "nothing was deployed yet that $record would record"; exit 0 ;;
    *) echo "$found" >&2; exit 1 ;;
  esac
fi

last=$(mktemp -d)
trap 'rm -rf "$last"' EXIT
aws s3 cp --only-show-errors "$record" "$last/spec.zip"
python -m zipfile --extract "$last/spec.zip" "$last"

options=()
if [ "${ALLOW_REPLACE:-none}" != none ]; then
  IFS=, read -ra allowed <<<"$ALLOW_REPLACE"
  for id in "${allowed[@]}"; do options+=(--allow-replace "$id"); done
fi
.venv/bin/groundplan diff "$last/groundplan.yaml" groundplan.yaml --engine pulumi ${options[@]+"${options[@]}"}
