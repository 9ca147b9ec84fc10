#!/usr/bin/env bash
# Keeps the credentials that the job has now under the name of an AWS profile.
#
#   .github/profile.sh groundplan-111111111111
set -euo pipefail

aws configure set aws_access_key_id "$AWS_ACCESS_KEY_ID" --profile "$1"
aws configure set aws_secret_access_key "$AWS_SECRET_ACCESS_KEY" --profile "$1"
aws configure set aws_session_token "$AWS_SESSION_TOKEN" --profile "$1"
