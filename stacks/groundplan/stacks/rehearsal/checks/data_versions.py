"""Checks who versions a dataset with DVC."""

import json
from collections.abc import Iterator

from groundplan.blueprints.plan.data_versions import DataVersionsPlan
from groundplan.stacks.rehearsal.checks.account import Account
from groundplan.stacks.rehearsal.checks.comparison import Property

UNCOVERED = {
    "remote": "DVC's settings are a file of the generated repository; a test runs DVC with them",
    "released": "the training run of the rehearsal reads from it",
    "releases": "the training run of the rehearsal finds its record there",
}


def check_data_versions(plan: DataVersionsPlan, account: Account) -> Iterator[Property]:
    """Compare what the bucket's policy lets the roles do with their duties."""
    bucket = plan.released.removeprefix("s3://").partition("/")[0]
    text = account.read("s3", "get_bucket_policy", Bucket=bucket).get("Policy", "{}")
    found = {
        item["Sid"]: sorted([item["Action"]] if isinstance(item["Action"], str) else item["Action"])
        for item in json.loads(text).get("Statement", [])
        if item["Sid"].startswith("Writers")
    }
    planned = {item.id: sorted(item.actions) for item in plan.bucket_access()}
    yield "roles", sorted(planned), sorted(found)
    yield "duties", planned, found
