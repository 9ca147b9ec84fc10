from collections.abc import Callable

import pulumi
import pytest

from groundplan.blueprints.plan.encryption_key import plan_encryption_key
from groundplan.blueprints.plan.lock_table import plan_lock_table
from groundplan.blueprints.plan.log_group import plan_log_group
from groundplan.blueprints.plan.names import Place
from groundplan.constructs.errors import ConstructError
from groundplan.constructs.pulumi import (
    EncryptionKey,
    EncryptionKeyArgs,
    LockTable,
    LockTableArgs,
    LogGroup,
    LogGroupArgs,
)
from groundplan.stacks.pulumi.recording import Recording

Run = Callable[[Callable[[], object]], Recording]


def test_log_group_and_table_of_locks_under_a_key(run: Run, place: Place) -> None:
    key_plan = plan_encryption_key(alias="reports", place=place)
    logs_plan = plan_log_group(name="/reports", place=place, encryption_key=key_plan.arn)
    locks_plan = plan_lock_table(name="locks", place=place, encryption_key=key_plan.arn)

    def program() -> None:
        key = EncryptionKey("key", EncryptionKeyArgs(plan=key_plan))
        logs = LogGroup("logs", LogGroupArgs(plan=logs_plan, encryption_key=key.arn))
        locks = LockTable("locks", LockTableArgs(plan=locks_plan, encryption_key=key.arn))
        for name, value in (("logs", logs.arn), ("locks", locks.arn), ("name", logs.name)):
            pulumi.export(name, value)
        pulumi.export("key", key.arn)

    recording = run(program)
    found = {item.name: item for item in recording.registrations}
    logs, locks = found["logs-Resource"], found["locks-Resource"]
    key = recording.outputs["key"]
    assert logs.inputs == {"name": "/reports", "kmsKeyId": key, "retentionInDays": 365}
    assert locks.inputs["serverSideEncryption"] == {"enabled": True, "kmsKeyArn": key}
    assert locks.inputs["pointInTimeRecovery"] == {"enabled": True}
    assert recording.outputs["logs"] == place.arn("logs", "log-group:/reports")
    assert recording.outputs["locks"] == place.arn("dynamodb", "table/locks")
    assert recording.outputs["name"] == "/reports"


@pytest.mark.parametrize("retain", [True, False])
def test_retention_follows_the_plan(run: Run, place: Place, retain: bool) -> None:
    plan = plan_log_group(name="/reports", place=place, retain=retain)
    [group] = run(lambda: LogGroup("logs", LogGroupArgs(plan=plan))).of_type(
        "aws:cloudwatch/logGroup:LogGroup"
    )
    assert (group.protect, group.retain_on_delete) == (retain, retain)


def test_fails_without_the_key_that_the_plan_refers_to(run: Run, place: Place) -> None:
    key = plan_encryption_key(alias="reports", place=place)
    plan = plan_lock_table(name="locks", place=place, encryption_key=key.arn)
    with pytest.raises(ConstructError, match=r"locks.encryption_key: the plan refers to the key"):
        run(lambda: LockTable("locks", LockTableArgs(plan=plan)))
