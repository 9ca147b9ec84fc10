#!/usr/bin/env bash
# Prints the commit that was deployed last to an environment of GitLab, which keeps a ref for each
# deployment; where there is none, the commit that the branch was at before. Fails where a later commit
# than this one is deployed already: what undoes it is a commit, too.
#
#   .gitlab/deployed.sh prod
set -euo pipefail

git fetch --quiet origin "+refs/environments/$1/deployments/*:refs/deployed/$1/*" || true
found=$(git for-each-ref --sort=-version:refname --format='%(objectname)' "refs/deployed/$1")
for sha in $found; do
  [ "$sha" != "$CI_COMMIT_SHA" ] || continue # this job's own, or an earlier try
  if git merge-base --is-ancestor "$CI_COMMIT_SHA" "$sha"; then
    echo "$sha is deployed to $1, which is later than $CI_COMMIT_SHA; revert it by a commit" >&2
    exit 1
  fi
  echo "$sha"
  exit
done
echo "$CI_COMMIT_BEFORE_SHA"
