"""What real AWS does that no emulator shows: each is honoured in the plan.

What shows only in a template is in ``tests/stacks/cdk/test_aws_behaviour.py``, what shows only in a
run in the rehearsal.
"""

import json
from collections.abc import Iterator
from typing import Any

from tests_support import example_spec, found

from groundplan.blueprints.plan import Plan, plan
from groundplan.blueprints.plan.data_bucket import KEY_HEADER, DataBucketPlan
from groundplan.blueprints.plan.pipeline import PipelinePlan
from groundplan.blueprints.plan.ref import refs
from groundplan.blueprints.plan.role import RolePlan
from groundplan.blueprints.plan.stacks import RegistryStackPlan, ServingStackPlan
from groundplan.blueprints.spec import ProjectSpec


def buckets(decided: Plan) -> Iterator[DataBucketPlan]:
    yield from found(decided, DataBucketPlan)


def trainings(decided: Plan) -> Iterator[dict[str, Any]]:
    for pipeline in found(decided, PipelinePlan):
        if pipeline.name.endswith("-training"):
            yield json.loads(pipeline.definition)


def test_a_write_without_the_key_header_gets_default_encryption(decided: Plan) -> None:
    for bucket in buckets(decided):
        if bucket.encryption_key is None:
            continue
        [deny] = [s for s in bucket.policy.statements if s.sid == "DenyForeignKey"]
        assert deny.condition["Null"] == {KEY_HEADER: "false"}
        keys = deny.condition["StringNotEquals"][KEY_HEADER]
        assert isinstance(keys, list)
        assert keys[0] == bucket.encryption_key
        assert ":alias/" in str(keys[1])


def test_writers_name_a_key_that_the_bucket_accepts(decided: Plan) -> None:
    accepted = {
        str(item)
        for bucket in buckets(decided)
        for statement in bucket.policy.statements
        if statement.sid == "DenyForeignKey"
        for item in statement.condition["StringNotEquals"][KEY_HEADER]  # type: ignore[union-attr]
    }
    for states in (item["States"] for item in trainings(decided)):
        text = json.dumps(states)
        named = {part.split('"')[2] for part in text.split('"KmsKeyId')[1:]}
        assert named and named <= accepted


def test_the_organisation_deny_lets_aws_services_through() -> None:
    decided = plan(example_spec("churn"))
    denied = 0
    for bucket in buckets(decided):
        for statement in bucket.policy.statements:
            if statement.sid == "DenyOutsideOrganization":
                denied += 1
                assert statement.condition["BoolIfExists"] == {"aws:PrincipalIsAWSService": "false"}
    assert denied == 5  # three of data, the registry's, the trail's


def test_keys_are_named_by_alias_in_identity_policies(decided: Plan) -> None:
    seen = 0
    for role in found(decided.stages, RolePlan):
        for duty in role.duties:
            if any(action.startswith("kms:") for action in duty.actions):
                seen += 1
                assert "kms:ResourceAliases" in duty.condition["ForAnyValue:StringEquals"]
    assert seen > 5


def test_no_value_that_aws_assigns_crosses_accounts(decided: Plan) -> None:
    for stage in decided.stages:
        own = {unit for stack in stage.stacks for unit in _unit_ids(stack)}
        assert {ref.unit for ref in refs(stage)} <= own


def _unit_ids(value: object) -> Iterator[str]:
    if hasattr(value, "__dataclass_fields__"):
        id = getattr(value, "id", None)
        if isinstance(id, str):
            yield id
        for name in value.__dataclass_fields__:
            yield from _unit_ids(getattr(value, name))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _unit_ids(item)


def test_spot_jobs_wait_at_least_as_long_as_they_run(decided: Plan) -> None:
    for machine in trainings(decided):
        starts = [
            state["Arguments"]
            for state in machine["States"].values()
            if state.get("Resource", "").endswith("createTrainingJob")
        ]
        assert starts
        for start in starts:
            stopping = start["StoppingCondition"]
            if start["EnableManagedSpotTraining"]:
                assert stopping["MaxWaitTimeInSeconds"] >= stopping["MaxRuntimeInSeconds"]
            else:
                assert "MaxWaitTimeInSeconds" not in stopping
            assert start["EnableNetworkIsolation"] is True
            assert start["OutputDataConfig"]["KmsKeyId"]


def test_job_names_hold_the_retry_count_and_no_underscore(decided: Plan) -> None:
    for machine in trainings(decided):
        names = [
            name
            for state in machine["States"].values()
            if ":create" in state.get("Resource", "")
            for key, name in state["Arguments"].items()
            if key in ("ProcessingJobName", "TrainingJobName")
        ]
        assert len(names) >= 4  # quality, evaluation and at least two rungs
        for name in names:
            assert name.endswith("$string($states.context.State.RetryCount) %}")
            assert not any("_" in literal for literal in name.split("'")[1::2])


def test_registration_from_another_account_is_allowed_on_versions(decided: Plan) -> None:
    one = len({stage.place.account for stage in decided.stages}) == 1
    for stack in decided.stacks():
        if isinstance(stack, RegistryStackPlan):
            for registry in stack.registries:
                if one:
                    assert registry.policy is None, "roles of one account need no leave"
                    continue
                assert registry.policy is not None
                [register] = [s for s in registry.policy.statements if s.sid == "Register"]
                assert "sagemaker:CreateModelPackage" in register.actions
                assert any(":model-package/" in str(item) for item in register.resources)


def test_the_role_that_deploys_an_endpoint_sees_alarms_and_ends_scaling() -> None:
    for stage_0 in plan(example_spec("vision")).stage_0:
        for role in stage_0.serving_roles:
            actions = {action for duty in role.duties for action in duty.actions}
            assert "cloudwatch:DescribeAlarms" in actions
            assert "application-autoscaling:DeregisterScalableTarget" in actions


def test_rollback_alarms_watch_the_new_config_only(decided: Plan) -> None:
    for stack in decided.stacks():
        if isinstance(stack, ServingStackPlan):
            assert stack.endpoint.alarms
            for alarm in stack.endpoint.alarms:
                assert "EndpointConfigName" in alarm.dimensions


def test_what_an_account_has_once_can_exist_already() -> None:
    spec = example_spec("churn").model_dump(mode="json", exclude_defaults=True)
    spec["governance"]["once_per_account"] = {
        "oidc_provider": "existing",
        "log_groups": "existing",
    }
    for stage_0 in plan(ProjectSpec.model_validate(spec)).stage_0:
        assert stage_0.log_groups == ()
        assert stage_0.oidc_provider == "existing"
