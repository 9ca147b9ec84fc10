"""Builds the world of a plan: every role, resource and policy, with nothing left to be filled in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.policy import PolicyDocument, Statement
from groundplan.blueprints.plan.project import Plan
from groundplan.blueprints.plan.ref import Ref, resolve
from groundplan.blueprints.plan.role import RolePlan
from groundplan.blueprints.plan.stacks import AnyStackPlan, StackPlan, StagePlan
from groundplan.blueprints.plan.stage_0 import Stage0Plan
from groundplan.blueprints.prove.model import (
    ConditionValues,
    Policy,
    PolicyKind,
    PolicyStatement,
    Resource,
    Role,
    RoleKind,
    World,
)
from groundplan.blueprints.prove.parts import units
from groundplan.blueprints.prove.stand_ins import StandIns
from groundplan.blueprints.prove.units import Found, resources_of
from groundplan.blueprints.spec import ApprovalSpec, ProjectSpec

STAGE_0 = "stage-0"


def world(spec: ProjectSpec, plan: Plan) -> World:
    """Return what decides who may do what in a project.

    Args:
        spec: What is wanted: names people outside the project, and the organisation.
        plan: What :func:`~groundplan.blueprints.plan.project.plan` decided for ``spec``.
    """
    boundaries = _boundaries(plan)
    roles: dict[str, Role] = {}
    resources: dict[str, Resource] = {}
    for scope, stack, place, part, values in _parts(plan):
        for unit in units(part):
            if isinstance(unit, RolePlan):
                roles[unit.arn] = _role(unit, part, scope, boundaries, values)
            for found in resources_of(unit, place, scope):
                resources[found.arn] = _resource(found, unit, place, scope, stack, values)
    for arn, description in people(spec).items():
        roles.setdefault(arn, _person(arn, description))
    return World(
        roles=tuple(roles[arn] for arn in sorted(roles)),
        resources=tuple(resources[arn] for arn in sorted(resources)),
        service_control=_service_control(plan),
        organizations={account: spec.organization_id for account in sorted(spec.accounts.values())}
        if spec.organization_id is not None
        else {},
    )


def people(spec: ProjectSpec) -> dict[str, str]:
    """Return the roles outside the project that a spec names, by ARN, and what they do."""
    approvals = spec.pipelines.approvals
    found = {
        arn: f"Approves for {stage}"
        for stage, approval in (
            ("staging", approvals.staging),
            ("production", approvals.production),
        )
        if isinstance(approval, ApprovalSpec)
        for arn in approval.approver_roles
    }
    for dataset in spec.datasets:
        for arn in dataset.writers:
            found.setdefault(arn, f"Writes dataset {dataset.name}")
    return found


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the policies of one stage."""

    values: Mapping[Ref, str]

    def policy(
        self, kind: PolicyKind, name: str, owner: str, document: PolicyDocument | None
    ) -> Policy | None:
        """Return a policy document as the world has it."""
        if document is None:
            return None
        return Policy(
            kind=kind,
            name=name,
            owner=owner,
            statements=tuple(
                self._statement(statement, position)
                for position, statement in enumerate(document.statements, start=1)
            ),
        )

    def _statement(self, statement: Statement, position: int) -> PolicyStatement:
        return PolicyStatement(
            sid=statement.sid or str(position),
            effect=statement.effect,
            actions=statement.actions,
            not_actions=statement.not_actions,
            resources=self._texts(statement.resources),
            principals=None
            if statement.principals is None
            else {kind: self._texts(names) for kind, names in statement.principals.items()},
            condition=self._condition(statement.condition),
        )

    def _condition(self, condition: Mapping[str, Mapping[str, Any]]) -> ConditionValues:
        return {
            operator: {key: self._texts(values) for key, values in keys.items()}
            for operator, keys in condition.items()
        }

    def _texts(self, value: object) -> tuple[str, ...]:
        found = resolve(value, self.values)
        items = found if isinstance(found, list | tuple) else (found,)
        return tuple(str(item).lower() if isinstance(item, bool) else str(item) for item in items)


def _parts(plan: Plan) -> Iterator[tuple[str, str, Place, object, Mapping[Ref, str]]]:
    """Yield scope, stack, place and stand-ins of each stage 0 and each stack, with the part itself."""
    for stage_0 in plan.stage_0:
        yield STAGE_0, STAGE_0, stage_0.place, stage_0, _stand_ins(stage_0, STAGE_0)
    for stage in plan.stages:
        values = _stand_ins(stage, stage.id)
        for stack in stage.stacks:
            yield stage.id, _stack(stack).id, stage.place, stack, values


def _stand_ins(part: Stage0Plan | StagePlan, scope: str) -> Mapping[Ref, str]:
    return StandIns(part.place, scope, units(part))


def _stack(stack: AnyStackPlan) -> StackPlan:
    return stack.stack


def _boundaries(plan: Plan) -> dict[str, Policy]:
    """Return the boundaries that the project makes, by ARN. One of the organisation's is unknown."""
    reader = Reader({})
    found = {}
    for stage_0 in plan.stage_0:
        pipeline = stage_0.pipeline.boundary if stage_0.pipeline is not None else None
        for boundary in (stage_0.boundary, stage_0.deployment_boundary, pipeline):
            if boundary is not None:
                policy = reader.policy("boundary", boundary.name, boundary.arn, boundary.document)
                if policy is not None:
                    found[boundary.arn] = policy
    return found


def _role(
    plan: RolePlan,
    part: object,
    scope: str,
    boundaries: Mapping[str, Policy],
    values: Mapping[Ref, str],
) -> Role:
    reader = Reader(values)
    kind: RoleKind = "workload"
    if isinstance(part, Stage0Plan):
        deployer = part.deployer
        ci = plan.arn in part.pipeline_roles or (deployer is not None and deployer.arn == plan.arn)
        kind = "ci" if ci else "deployment"
    found = [
        reader.policy("identity", policy.name, plan.arn, policy.document)
        for policy in plan.policies
    ]
    bound = boundaries.get(plan.permissions_boundary or "")
    return Role(
        arn=plan.arn,
        kind=kind,
        scope=scope,
        description=plan.description,
        policies=tuple(policy for policy in found if policy is not None),
        trust=reader.policy("trust", "trust", plan.arn, plan.trust),
        boundary=bound,
    )


def _person(arn: str, description: str) -> Role:
    return Role(
        arn=arn,
        kind="person",
        scope="-",
        description=description,
        policies=(),
        trust=None,
        boundary=None,
    )


def _resource(
    found: Found, unit: object, place: Place, scope: str, stack: str, values: Mapping[Ref, str]
) -> Resource:
    return Resource(
        arn=found.arn,
        kind=found.kind,
        account=place.account,
        scope=scope,
        stack=stack,
        unit=unit,
        policy=Reader(values).policy("resource", found.name, found.arn, found.policy),
        aliases=found.aliases,
    )


def _service_control(plan: Plan) -> Mapping[str, tuple[tuple[Policy, ...], ...]]:
    """Return the service control policies that the plan holds, by account.

    They are attached to the accounts, beside the policy that Organizations attaches to everything.
    """
    if plan.guard_rails is None:
        return {}
    reader = Reader({})
    found: dict[str, tuple[tuple[Policy, ...], ...]] = {}
    for stage_0 in plan.stage_0:
        place = stage_0.place
        full = Policy(
            kind="service_control",
            name="FullAWSAccess",
            owner=place.root,
            statements=(
                PolicyStatement(sid="1", effect="Allow", actions=("*",), resources=("*",)),
            ),
        )
        own = [
            reader.policy("service_control", item.name, place.root, item.document)
            for item in plan.guard_rails.policies
            if place.account in item.targets
        ]
        found[place.account] = (full,), (full, *(policy for policy in own if policy is not None))
    return found
