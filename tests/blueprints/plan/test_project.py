"""What holds for the plan of every example."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests_support import example_spec, found

from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.plan import Plan, plan
from groundplan.blueprints.plan.encryption_key import EncryptionKeyPlan
from groundplan.blueprints.plan.names import LIMITS
from groundplan.blueprints.plan.policy import (
    MANAGED_POLICIES_PER_ROLE,
    MANAGED_POLICY_CHARACTERS,
    TRUST_POLICY_CHARACTERS,
    PolicyDocument,
)
from groundplan.blueprints.plan.ref import canonical_json, refs, to_json
from groundplan.blueprints.plan.role import RolePlan
from groundplan.blueprints.plan.stacks import (
    RegistryStackPlan,
    ServingStackPlan,
    StateStackPlan,
    TrainingStackPlan,
)
from groundplan.blueprints.spec import ProjectSpec

ROOT = Path(__file__).parents[3]


def roles(decided: Plan) -> list[RolePlan]:
    return list(found(decided, RolePlan))


def test_same_bytes_in_any_process(example: str) -> None:
    path = f"examples/{example}/groundplan.yaml"
    printed = [
        subprocess.run(
            [sys.executable, "-m", "groundplan.blueprints.cli", "plan", where, "--format", "json"],
            cwd=cwd,
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone},
            capture_output=True,
            check=True,
        ).stdout
        for where, cwd, seed, zone in (
            (path, ROOT, "1", "Asia/Tokyo"),
            (str(ROOT / path), Path("/"), "2", "America/Lima"),
        )
    ]
    assert printed[0] == printed[1]
    assert len(printed[0]) > 10_000


def test_canonical_json_is_json_without_objects(decided: Plan) -> None:
    text = decided.canonical_json()
    assert canonical_json(json.loads(text)) == text


def test_names_are_within_their_services_limits(decided: Plan) -> None:
    for role in roles(decided):
        assert len(role.name) <= LIMITS["role"]
        assert all(len(policy.name) <= LIMITS["policy"] for policy in role.policies)
    for stack in decided.stacks():
        assert len(stack.stack.name) <= LIMITS["stack"]


def test_names_do_not_collide(decided: Plan) -> None:
    arns = [role.arn for role in roles(decided)]
    assert len(arns) == len(set(arns))
    stacks = [(stack.stack.place, stack.stack.name) for stack in decided.stacks()]
    assert len(stacks) == len(set(stacks))


def test_policies_are_within_awss_limits(decided: Plan) -> None:
    for role in roles(decided):
        assert role.trust.size() <= TRUST_POLICY_CHARACTERS
        assert len(role.policies) <= MANAGED_POLICIES_PER_ROLE
        for policy in role.policies:
            assert policy.document.size() <= MANAGED_POLICY_CHARACTERS


def test_every_role_is_bounded_and_grants_exact_actions(decided: Plan) -> None:
    for stage in decided.stages:
        for role in found(stage, RolePlan):
            assert role.permissions_boundary is not None
            for duty in role.duties:
                assert duty.reason
                assert not any("*" in action for action in duty.actions)
                if any("*" in resource for resource in duty.resources):
                    assert duty.wildcard


def test_policies_are_the_duties_and_nothing_else(decided: Plan) -> None:
    for role in roles(decided):
        generated = [s for policy in role.policies for s in policy.document.statements]
        assert generated == [duty.statement() for duty in role.duties]


def test_service_trusts_name_the_account_they_act_for(decided: Plan) -> None:
    for role in roles(decided):
        for statement in role.trust.statements:
            # CloudTrail sends no source when it assumes a role; see plan/trail.py.
            if statement.principals == {"Service": "cloudtrail.amazonaws.com"}:
                assert role.name.endswith("-trail")
            elif statement.principals is not None and "Service" in statement.principals:
                assert "aws:SourceAccount" in statement.condition["StringEquals"]
                # CodePipeline documents the account only, see prove/deputies.py.
                if statement.principals != {"Service": "codepipeline.amazonaws.com"}:
                    assert "ArnLike" in statement.condition


def test_resource_policies_name_accounts_and_limit_them_to_roles(decided: Plan) -> None:
    for document in found(decided.stages, PolicyDocument):
        for statement in document.statements:
            named = (statement.principals or {}).get("AWS")
            if named is None or statement.effect == "Deny" or named == "*":
                continue
            accounts = [named] if isinstance(named, str) else named
            assert all(str(account).endswith(":root") for account in accounts)
            if statement.sid != "Administer":
                assert statement.condition["ArnEquals"]["aws:PrincipalArn"]


def test_refs_stay_within_their_stage(decided: Plan) -> None:
    for stage in decided.stages:
        units = {key.id for key in found(stage, EncryptionKeyPlan)} | {"Network"}
        for ref in refs(stage):
            assert ref.unit in units or ref.attribute == "endpoint_config_name"


def test_no_policy_or_name_holds_full_access(decided: Plan) -> None:
    # Guard rails and the trail name the administrators that they make exceptions for.
    text = json.dumps(to_json(decided)).replace("AWSReservedSSO_AdministratorAccess_", "")
    found = [word for word in ("FullAccess", "AdministratorAccess") if word in text]
    assert found == []


def test_one_account_holds_everything_without_collisions() -> None:
    spec = ProjectSpec.model_validate(
        {
            "project": "small",
            "organization": "acme",
            "accounts": {"only": "111111111111"},
            "environments": [
                {"name": "dev", "account": "only", "region": "eu-west-1", "stage": "development"},
                {
                    "name": "prod",
                    "account": "only",
                    "region": "eu-west-1",
                    "stage": "production",
                    "trains": True,
                },
            ],
            "datasets": [{"name": "rows"}],
            "models": [
                {"name": "one", "training": {"dataset": "rows", "image": "one"}, "serving": {}}
            ],
        }
    )
    decided = plan(spec)
    assert [item.place.account for item in decided.stage_0] == ["111111111111"]
    assert decided.stage_0[0].scopes == ("tooling", "data", "dev", "prod")
    test_names_do_not_collide(decided)


def test_production_is_protected_and_development_is_not() -> None:

    decided = plan(example_spec("vision"))
    states = {
        stack.stack.scope: stack for stack in decided.stacks() if isinstance(stack, StateStackPlan)
    }
    assert states["prod"].work.retain and states["prod"].key.retain
    assert not states["dev"].work.retain and not states["dev"].key.retain
    assert all(state.stack.termination_protection for state in states.values())
    serving = [stack for stack in decided.stacks() if isinstance(stack, ServingStackPlan)]
    policies = {stack.stack.scope: stack.stack.policy for stack in serving}
    assert policies["dev"] is None
    assert "AWS::SageMaker::Endpoint" in json.dumps(policies["prod"])


def test_local_nvme_gets_no_volume_key() -> None:

    decided = plan(example_spec("vision"))
    [training] = [s for s in decided.stacks() if isinstance(s, TrainingStackPlan)]
    assert [rung.volume_key for rung in training.models[0].training.ladder] == [False] * 3
    assert (
        '"VolumeKmsKeyId"'
        not in training.models[0].pipeline.definition.split("createTraining")[1].split('"Next"')[0]
    )
    serving = [s for s in decided.stacks() if isinstance(s, ServingStackPlan)]
    assert {stack.endpoint.volume_key_alias_arn for stack in serving} == {None}


def test_images_are_never_expired_by_their_tag(decided: Plan) -> None:
    [registry] = [s for s in decided.stacks() if isinstance(s, RegistryStackPlan)]
    assert all(repository.untagged_days > 0 for repository in registry.repositories)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"environments": [
                {"name": "dev", "account": "dev", "region": "eu-west-1", "trains": True},
                {"name": "far", "account": "dev", "region": "us-east-1"},
            ]},
            ("environments[1].region: all environments must be in one region, eu-west-1, since "
            "SageMaker loads images and models from its own region, got 'us-east-1'; use "
            "eu-west-1, or a project a region"),
        ),
        (
            {"environments": [
                {"name": "prod", "account": "dev", "region": "eu-west-1", "stage": "production"},
            ],
            "models": [{"name": "m1", "training": {"dataset": "rows", "image": "m1"},
                        "serving": {"instances": {"min": 1}}}]},
            ("models[0].serving.instances.min: production serves from at least 2 instances in two "
            "zones, got 1; set it to 2, or override it for the other environments"),
        ),
        (
            {"environments": [{"name": "dev", "account": "dev", "region": "af-south-1"}],
             "models": [{"name": "m1", "training": {"dataset": "rows", "image": "m1",
                                                    "instance": "ml.g5.2xlarge"}}]},
            ("models[0].training.instance: region af-south-1 does not have this instance type, got "
            "'ml.g5.2xlarge'; use one like 'ml.g4dn.2xlarge'"),
        ),
        (
            {"environments": [{"name": "dev", "account": "dev", "region": "ap-southeast-5"}],
             "models": [{"name": "m1", "training": {"dataset": "rows", "image": "m1",
                                                    "instance": "ml.m6i.xlarge"},
                         "evaluation": {"instance": "ml.m6i.large"}, "serving": {}}]},
            ("models[0].serving.instance: region ap-southeast-5 does not have this instance type, "
            "got 'ml.m5.large'; use one like 'ml.m6i.large'"),
        ),
        (
            {"models": [{"name": "m1", "training": {"dataset": "rows", "image": "m1",
                                                    "instance_count": 2}}]},
            (
                "models[0].training.instance_count: the isolated network lets no traffic pass "
                "between instances yet, got 2; use 1, or an existing network whose security "
                "group allows it"
            ),
        ),
    ],
)  # fmt: skip
def test_fails_on_what_aws_would_refuse(change: dict[str, Any], message: str) -> None:
    base: dict[str, Any] = {
        "project": "small",
        "organization": "acme",
        "accounts": {"dev": "111111111111"},
        "environments": [{"name": "dev", "account": "dev", "region": "eu-west-1"}],
        "datasets": [{"name": "rows"}],
        "models": [{"name": "m1", "training": {"dataset": "rows", "image": "m1"}}],
    }
    spec = ProjectSpec.model_validate({**base, **change})
    with pytest.raises(PlanError) as caught:
        plan(spec)
    assert str(caught.value) == message
