#!/usr/bin/env bash
# Prints the commit that was deployed last to an environment of GitHub, or nothing at the first time.
# Fails where a later commit than this one is deployed already: what undoes it is a commit, too.
#
#   .github/deployed.sh prod
set -euo pipefail

deployments="repos/$GITHUB_REPOSITORY/deployments"
found=$(gh api "$deployments?environment=$1&per_page=100" --jq '.[] | "\(.id) \(.sha)"')
while read -r id sha; do
  [ -n "$id" ] || continue
  succeeded=$(gh api "$deployments/$id/statuses?per_page=100" --jq 'any(.[]; .state == "success")')
  [ "$succeeded" = true ] || continue
  if [ "$sha" != "$GITHUB_SHA" ] && git merge-base --is-ancestor "$GITHUB_SHA" "$sha" 2> /dev/null; then
    echo "::error::$sha is deployed to $1, which is later than $GITHUB_SHA; revert it by a commit" >&2
    exit 1
  fi
  echo "$sha"
  break
done <<< "$found"
