"""Resource policies against the roles' duties: neither allows what the other does not."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase

import pytest
from tests_support import example_spec, found

from groundplan.blueprints.plan import Plan, plan
from groundplan.blueprints.plan.access import Access
from groundplan.blueprints.plan.bootstrap_roles import BootstrapRolePlan
from groundplan.blueprints.plan.encryption_key import ADMIN_ACTIONS, EncryptionKeyPlan
from groundplan.blueprints.plan.engine import ENGINES, Engine
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.policy import BUCKET_POLICY_BYTES, PolicyDocument, Statement
from groundplan.blueprints.plan.role import Duty, RolePlan
from groundplan.blueprints.plan.stacks import (
    DataStateStackPlan,
    RegistryStackPlan,
    StateStackPlan,
)
from groundplan.blueprints.spec import ApprovalSpec, ProjectSpec

ALIASES = ("ForAnyValue:StringEquals", "kms:ResourceAliases")


@pytest.fixture(scope="module", params=ENGINES)
def decided(spec: ProjectSpec, request: pytest.FixtureRequest) -> Plan:
    """The plan for each engine, in place of CDK's alone."""
    engine: Engine = request.param
    return plan(spec, engine=engine)


def roles(decided: Plan) -> dict[str, RolePlan]:
    return {
        role.arn: role
        for role in found(decided, RolePlan)
        if not isinstance(role, BootstrapRolePlan)  # their own bucket and key, in another template
    }


def allowed(document: PolicyDocument) -> Iterator[tuple[str, str, Statement]]:
    """Yield role, action and statement for each role that a resource policy names."""
    for statement in document.statements:
        named = statement.condition.get("ArnEquals", {}).get("aws:PrincipalArn")
        if statement.effect == "Allow" and named is not None:
            for role in [named] if isinstance(named, str) else named:  # type: ignore[union-attr]
                for action in statement.actions:
                    yield str(role), action, statement


def keys(decided: Plan) -> Iterator[EncryptionKeyPlan]:
    for stage in decided.stages:
        yield from found(stage, EncryptionKeyPlan)


def uses(duty: Duty, key: EncryptionKeyPlan) -> bool:
    aliases = duty.condition.get(ALIASES[0], {}).get(ALIASES[1], ())
    names = [aliases] if isinstance(aliases, str) else aliases
    account = key.alias_arn.partition(":alias/")[0]
    return key.alias in names and f"{account}:key/*" in duty.resources  # type: ignore[operator]


def outsiders(example: str) -> set[str]:
    """Return the roles that the spec names: they bring data in, or approve."""
    spec = example_spec(example)
    approvals = (spec.pipelines.approvals.staging, spec.pipelines.approvals.production)
    return {role for item in spec.datasets for role in item.writers} | {
        role for item in approvals if isinstance(item, ApprovalSpec) for role in item.approver_roles
    }


def test_every_use_of_a_key_is_allowed_by_its_policy_under_the_same_condition(
    decided: Plan,
) -> None:
    known = roles(decided)
    checked = 0
    for key in keys(decided):
        granted = list(allowed(key.policy))
        for role in known.values():
            own = role.arn.split(":")[4] == key.alias_arn.split(":")[4]
            for duty in role.duties:
                if not uses(duty, key):
                    continue
                condition = {k: dict(v) for k, v in duty.condition.items() if k != ALIASES[0]}
                for action in duty.actions:
                    if own and action in ADMIN_ACTIONS:
                        continue
                    assert any(
                        name == role.arn and each == action and _holds(statement, condition)
                        for name, each, statement in granted
                    ), f"{key.alias}: {role.name} {action}"
                    checked += 1
    assert checked > 5


def _holds(statement: Statement, condition: Mapping[str, Mapping[str, object]]) -> bool:
    theirs = {k: dict(v) for k, v in statement.condition.items()}
    theirs.pop("ArnEquals")
    theirs.get("StringEquals", {}).pop("aws:PrincipalOrgID", None)
    return {k: v for k, v in theirs.items() if v} == condition


def test_a_key_admits_nobody_without_a_duty(decided: Plan, example: str) -> None:
    known = roles(decided)
    deployments = {decided.deployment_role_arn(place) for place in decided.places()}
    for key in keys(decided):
        for name, action, _ in allowed(key.policy):
            role = known.get(name)
            if name in deployments:
                continue  # by the key's tag, as the test below says
            if role is None:
                assert name in outsiders(example), f"{key.alias}: {name} {action}"
            else:
                assert any(uses(d, key) and action in d.actions for d in role.duties)


def resources(decided: Plan) -> Iterator[tuple[str, PolicyDocument]]:
    """Yield what a policy is of, as a prefix of ARNs, and the policy."""
    for stack in decided.stacks():
        if isinstance(stack, RegistryStackPlan):
            yield f"arn:aws:s3:::{stack.artifacts.name}", stack.artifacts.policy
            for repository in stack.repositories:
                yield repository.arn, repository.policy or PolicyDocument(statements=())
            for registry in stack.registries:
                yield registry.arn, registry.policy or PolicyDocument(statements=())
        elif isinstance(stack, DataStateStackPlan):
            for dataset in stack.datasets:
                yield f"arn:aws:s3:::{dataset.bucket.name}", dataset.bucket.policy
        elif isinstance(stack, StateStackPlan):
            yield f"arn:aws:s3:::{stack.work.name}", stack.work.policy
            yield stack.bus.arn, PolicyDocument(statements=stack.bus.statements)


def reached(duty: Duty, action: str, arn: str) -> bool:
    own = (arn, arn.replace(":model-package-group/", ":model-package/"))
    return action in duty.actions and any(
        resource == item or resource.startswith(f"{item}/") or fnmatchcase(f"{item}/1", resource)
        for resource in duty.resources
        for item in own
        if resource != "*"
    )


def test_a_resource_admits_nobody_without_a_duty(decided: Plan, example: str) -> None:
    """Nor a role of its own account, which needs no leave of it."""
    known = roles(decided)
    home = _homes(decided)
    checked = 0
    for arn, document in resources(decided):
        for name, action, _ in allowed(document):
            role = known.get(name)
            if role is None:
                assert name in outsiders(example), name
            else:
                assert role.arn.split(":")[4] != home[arn], name
                assert any(reached(duty, action, arn) for duty in role.duties), (
                    f"{arn}: {name} {action}"
                )
                checked += 1
    assert checked > 3 or len({stage.place.account for stage in decided.stages}) == 1


def test_every_duty_in_another_account_is_allowed_there(decided: Plan, example: str) -> None:
    known = roles(decided)
    checked = 0
    services = ("s3", "ecr", "sagemaker", "events")
    owners = {stage.place.account for stage in decided.stages}
    home = _homes(decided)
    for arn, document in resources(decided):
        granted = {(name, action) for name, action, _ in allowed(document)}
        for role in known.values():
            if role.arn.split(":")[4] == home[arn]:
                continue
            for duty in role.duties:
                for action in duty.actions:
                    if action.partition(":")[0] in services and reached(duty, action, arn):
                        assert (role.arn, action) in granted, f"{arn}: {role.name} {action}"
                        checked += 1
    assert checked > 3 or len(owners) == 1


def _homes(decided: Plan) -> dict[str, str]:
    found_in = {}
    for stage in decided.stages:
        for arn, _ in resources(replace(decided, stages=(stage,))):
            found_in[arn] = stage.place.account
    return found_in


@pytest.mark.parametrize("dropped", ["kms:Decrypt", "s3:GetObject", "ecr:BatchGetImage"])
def test_what_no_duty_asks_for_any_more_is_no_longer_allowed(churn: Plan, dropped: str) -> None:
    serving = next(r for r in found(churn, RolePlan) if r.name == "churn-staging-churn-serving")
    less = replace(
        serving,
        duties=tuple(
            replace(duty, actions=tuple(a for a in duty.actions if a != dropped))
            for duty in serving.duties
            if duty.actions != (dropped,)
        ),
    )
    registry = next(s for s in churn.stacks() if isinstance(s, RegistryStackPlan))
    place = registry.stack.place

    def names(role: RolePlan) -> set[str]:
        access = Access(roles=(role,))
        keys = [a for use in access.key_uses(registry.key.alias_arn) for a in use.actions]
        objects = access.bucket_access(place, registry.artifacts.name)
        pulled = access.pullers(registry.repositories[0].arn)
        return {
            *keys,
            *(action for item in objects for action in item.actions),
            *("ecr:BatchGetImage" for _ in pulled),
        }

    assert dropped in names(serving)
    assert dropped not in names(less)


def test_deployments_use_a_key_only_through_services(decided: Plan) -> None:
    for stage in decided.stages:
        deployer = decided.deployment_role_arn(stage.place)
        for key in found(stage, EncryptionKeyPlan):
            for name, action, statement in allowed(key.policy):
                if name == deployer and action in ("kms:CreateGrant", "kms:RevokeGrant"):
                    assert statement.condition["Bool"] == {"kms:GrantIsForAWSResource": "true"}
                elif name == deployer:
                    service = str(statement.condition["StringEquals"]["kms:ViaService"])
                    # Pulumi uploads the sources of images itself.
                    uploads = decided.engine == "pulumi" and stage.id == "tooling"
                    assert service.startswith("s3." if uploads else "dynamodb.")


def test_log_groups_follow_machines_endpoints_and_what_roles_write(decided: Plan) -> None:
    plans = [stage for stage in decided.stages if isinstance(stage.stacks[0], StateStackPlan)]
    for stage in plans:
        state = stage.stacks[0]
        assert isinstance(state, StateStackPlan)
        made = {group.arn for group in state.log_groups}
        ids = [group.id for group in state.log_groups]
        assert len(ids) == len(set(ids))
        for role in found(stage, RolePlan):
            for duty in role.duties:
                if "logs:PutLogEvents" in duty.actions:
                    groups = {resource.removesuffix(":*") for resource in duty.resources}
                    assert {g for g in groups if "/aws/sagemaker/T" not in g} - made <= {
                        g for g in groups if g.endswith("Jobs")
                    }


def test_one_role_with_two_uses_under_one_condition_is_named_once() -> None:
    churn = plan(example_spec("churn"))
    registry = next(s for s in churn.stacks() if isinstance(s, RegistryStackPlan))
    statements = [
        statement
        for statement in registry.key.policy.statements
        if "aws:PrincipalArn" in statement.condition.get("ArnEquals", {})
        and "kms:Decrypt" in statement.actions
    ]
    named = [
        (role, str(sorted(statement.condition.get("StringEquals", {}).items())))
        for statement in statements
        for role in statement.condition["ArnEquals"]["aws:PrincipalArn"]  # type: ignore[union-attr]
    ]
    assert len(named) == len(set(named))


def encrypted(decided: Plan) -> dict[str, str]:
    """Return the alias of the key by the ARN of what it encrypts."""
    aliases = {}
    for stack in decided.stacks():
        if isinstance(stack, RegistryStackPlan):
            aliases[f"arn:aws:s3:::{stack.artifacts.name}"] = stack.key.alias_arn
        elif isinstance(stack, DataStateStackPlan):
            for item in stack.datasets:
                aliases[f"arn:aws:s3:::{item.bucket.name}"] = item.key.alias_arn
        elif isinstance(stack, StateStackPlan):
            aliases[f"arn:aws:s3:::{stack.work.name}"] = stack.key.alias_arn
            aliases[stack.topic.arn] = aliases[stack.locks.arn] = stack.key.alias_arn
    return aliases


NEEDS_KEY = {
    "dynamodb:DeleteItem": "kms:Decrypt",
    "dynamodb:PutItem": "kms:Decrypt",
    "s3:GetObject": "kms:Decrypt",
    "s3:PutObject": "kms:GenerateDataKey",
    "sns:Publish": "kms:GenerateDataKey",
}


def test_who_reads_or_writes_what_is_encrypted_may_use_its_key(decided: Plan) -> None:
    aliases, checked = encrypted(decided), 0
    for role in roles(decided).values():
        may = {
            (action, f"{resource.partition(':key/')[0]}:{alias}", service.partition(".")[0])
            for duty in role.duties
            for names in [duty.condition.get(ALIASES[0], {}).get(ALIASES[1], ())]
            for alias in ([names] if isinstance(names, str) else names)  # type: ignore[union-attr]
            for service in [str(duty.condition.get("StringEquals", {}).get("kms:ViaService", ""))]
            for resource in duty.resources
            for action in duty.actions
        }
        for duty in role.duties:
            for action in set(duty.actions) & set(NEEDS_KEY):
                for resource in duty.resources:
                    owner = resource.partition("/")[0] if action.startswith("s3:") else resource
                    if owner in aliases:
                        service = action.partition(":")[0]
                        assert (NEEDS_KEY[action], aliases[owner], service) in may, (
                            f"{role.name}: {action} {resource}"
                        )
                        checked += 1
    assert checked > 5


def test_a_bucket_of_many_models_admits_by_folder_and_only_from_other_accounts() -> None:
    decided = plan(
        ProjectSpec.model_validate(
            {
                "project": "small",
                "organization": "acme",
                "accounts": {
                    "tooling": "111111111111",
                    "data": "222222222222",
                    "dev": "333333333333",
                },
                "environments": [{"name": "dev", "account": "dev", "region": "eu-west-1"}],
                "datasets": [{"name": "rows"}],
                "models": [
                    {"name": f"model-{index}", "training": {"dataset": "rows", "image": "first"}}
                    for index in range(30)
                ],
            }
        )
    )
    registry = next(s for s in decided.stacks() if isinstance(s, RegistryStackPlan))
    bucket = registry.artifacts
    admitted = [s for s in bucket.policy.statements if s.effect == "Allow"]
    assert bucket.policy.size() <= BUCKET_POLICY_BYTES
    folders = {str(item).partition("/")[2] for s in admitted for item in s.resources}
    assert folders <= {"", "models/*", "evaluations/*"}
    granted = {(role, action) for role, action, _ in allowed(bucket.policy)}
    arn = f"arn:aws:s3:::{bucket.name}"
    for role in roles(decided).values():
        for duty in role.duties:
            for action in duty.actions:
                if reached(duty, action, arn):
                    assert (role.arn, action) in granted
    at_home = Access(roles=tuple(roles(decided).values()))
    assert (
        at_home.coarse_bucket_access(Place(account="333333333333", region="eu-west-1"), bucket.name)
        == ()
    )
