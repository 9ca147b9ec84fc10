"""What the engines' own roles, buckets and states are called, for the table of differences."""

import re
from typing import Any

from groundplan.stacks.parity.comparison import MISSING
from groundplan.stacks.parity.difference import Case

ROOT = r"arn:[\w-]+:iam::\d{12}:root"
ROLE = r"arn:[\w-]+:iam::\d{12}:role/"
DEPLOYMENT = rf"{ROLE}(cdk-\w+-cfn-exec-role-[\w-]+|groundplan-stage-0/[\w-]+/[\w-]+-deployment)"
BUILD = rf"{ROLE}groundplan/[\w-]+/[\w-]+-tooling-[\w-]+-build"
ASSETS = r"cdk-\w+-assets-\d{12}-[\w-]+"
SOURCES = r"[\w-]+-tooling-artifacts-\d{12}/sources/[\w-]+"
TRAFFIC = "deployment/bluegreenupdatepolicy/trafficroutingconfiguration"
PRINCIPALS = "(Condition/ArnEquals/aws:PrincipalArn|Principal/AWS)"
STATUSES = {"status": ["CREATE_COMPLETE", "UPDATE_COMPLETE"]}
RELEASE = rf"{ROLE}groundplan/[\w-]+/[\w-]+-release"


RELEASE_STATES = (
    r"definition/States/(Advice|Collect (config|model) (tags|whose)|Deploy [\w ]+|Done|Hold \w+|"
    r"Lock take|Mend [\w ]+|Previous \w+|Repair \w+|Rollback [\w ]+|Target|Warn|"
    r"Shadow (alarms|begin|compare|config|done|failed|look|make|missing|rest|unshadow|update|wait|"
    r"watch)( [\w ]+)?)(/.*)?"
)


def build_rule(path: str, cdk: Any, pulumi: Any, only: str | None = None) -> Case:
    """Return a case of the rule that starts the build of an image."""
    return Case(
        kind="event rule",
        path=f"pattern/{path}",
        identity=r"default/[\w-]+-build-.*",
        cdk=cdk,
        pulumi=pulumi,
        only=None if only is None else f"{only}|{re.escape(MISSING)}",
    )
