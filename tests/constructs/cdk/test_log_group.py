from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest

from groundplan.blueprints.plan.encryption_key import plan_encryption_key
from groundplan.blueprints.plan.log_group import plan_log_group
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.ref import Ref
from groundplan.constructs.cdk import EncryptionKey, LogGroup

pytestmark = pytest.mark.heavy
Resources = Callable[[], dict[str, Any]]


def test_is_encrypted_and_ends(stack: cdk.Stack, place: Place, resources: Resources) -> None:
    key = EncryptionKey(stack, "Key", plan=plan_encryption_key(alias="logs", place=place))
    plan = plan_log_group(
        name="/reports/runs", place=place, encryption_key=Ref("Key", "arn"), retain=True
    )

    LogGroup(stack, "Logs", plan=plan, encryption_key=key)

    group = resources()["Logs6819BB44"]
    assert group["DeletionPolicy"] == "Retain"
    assert group["Properties"] == {
        "KmsKeyId": {"Fn::GetAtt": ["Key961B73FD", "Arn"]},
        "LogGroupName": "/reports/runs",
        "RetentionInDays": 365,
    }


def test_needs_no_key(stack: cdk.Stack, place: Place, resources: Resources) -> None:
    LogGroup(stack, "Logs", plan=plan_log_group(name="/reports/runs", place=place))

    group = resources()["Logs6819BB44"]
    assert "KmsKeyId" not in group["Properties"] and "DeletionPolicy" not in group
