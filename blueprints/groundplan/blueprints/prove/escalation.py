"""Which methods of escalation a role can use in a world, and on what.

Every answer comes from the evaluator. What is tried is taken from the role's own statements: each
pattern that a method's action may be used on gives the resources of the world that it matches, and one
that is none of the project's. The caller chooses what a request says of itself; what AWS says of the
caller or of the resource stays as it is.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from groundplan.blueprints.prove.escalation_methods import FORMATS, METHODS, Method
from groundplan.blueprints.prove.evaluate import evaluate
from groundplan.blueprints.prove.evaluate.patterns import action as matches_action
from groundplan.blueprints.prove.evaluate.patterns import glob
from groundplan.blueprints.prove.evaluate.statements import prepare
from groundplan.blueprints.prove.globs import common
from groundplan.blueprints.prove.model import (
    Deciding,
    Policy,
    PolicyStatement,
    Request,
    Role,
    World,
)

SOMEBODY = "somebody-elses"
"""Name of what is neither the project's nor stage 0's."""
NOT_THE_CALLERS = (
    "aws:calledvia", "aws:principal", "aws:resource", "aws:source", "aws:viaawsservice",
    "iam:resourcetag/", "kms:grantisforawsresource", "kms:resourcealiases", "kms:viaservice",
)  # fmt: skip
"""Beginnings of the condition keys that a caller does not choose."""


@dataclass(frozen=True, slots=True)
class Use:
    """A method that a role can use."""

    role: str
    """ARN of the role."""

    method: Method

    target: str
    """ARN of the role that it becomes, or of what it changes; ``*`` for anything."""

    by: str
    """Statements that allow it."""


def with_somebody(world: World) -> World:
    """Return a world with a role in every account that trusts the account and is nobody's here."""
    accounts = sorted({role.account for role in world.roles if role.kind != "person"})
    partition = world.roles[0].arn.split(":")[1] if world.roles else "aws"
    known = {role.arn for role in world.roles}
    added = [
        role for account in accounts if (role := _somebody(partition, account)).arn not in known
    ]
    return replace(world, roles=(*world.roles, *added))


def _somebody(partition: str, account: str) -> Role:
    arn = f"arn:{partition}:iam::{account}:role/{SOMEBODY}"
    root = PolicyStatement(
        sid="Account",
        effect="Allow",
        actions=("sts:AssumeRole",),
        principals={"AWS": (f"arn:{partition}:iam::{account}:root",)},
    )
    trust = Policy(kind="trust", name="trust", owner=arn, statements=(root,))
    return Role(
        arn=arn, kind="person", scope="-", description="An administrator's", policies=(),
        trust=trust, boundary=None,
    )  # fmt: skip


class Attack:
    """What one role can do in a world."""

    def __init__(
        self, world: World, role: Role, region: str, tags: Mapping[str, Mapping[str, str]]
    ) -> None:
        """Look at a role.

        Args:
            world: World from :func:`with_somebody`, the role included.
            role: Who attacks.
            region: Region of the project.
            tags: Tags of the world's resources by ARN, where they have any.
        """
        self.world = world
        self.role = role
        self._tags = tags
        self._resources: dict[str, list[str]] = {}
        self._passed: dict[str, list[tuple[str, str]]] = {}
        self._names = {
            "partition": role.arn.split(":")[1], "region": region, "account": role.account,
        }  # fmt: skip
        self._policies = [prepare(policy) for policy in role.policies]
        self._about: dict[str, list[PolicyStatement]] = {}
        limits = role.boundary.statements if role.boundary is not None else ()
        self._denies = [item for item in limits if item.effect == "Deny" and item.condition]

    def uses(self) -> Iterator[Use]:
        """Yield every method that the role can use, on each target."""
        for method in METHODS:
            if all(self._statements(action) for action in method.actions):
                yield from self._of(method)

    def _of(self, method: Method) -> Iterator[Use]:
        found: list[dict[str, str]] = []
        for action, kind in method.steps:
            targets = dict(self.targets(action, kind))
            if not targets:
                return
            found.append(targets)
        if method.passes is None:
            yield from (Use(self.role.arn, method, arn, by) for arn, by in found[0].items())
            return
        if method.passes not in self._passed:
            given = {"iam:PassedToService": method.passes}
            self._passed[method.passes] = list(self.targets("iam:PassRole", "role", given))
        for arn, by in self._passed[method.passes]:
            yield Use(self.role.arn, method, arn, by)

    def targets(
        self, action: str, kind: str, given: Mapping[str, str] | None = None
    ) -> Iterator[tuple[str, str]]:
        """Yield each resource that an action is allowed on, and what allows it."""
        seen = set()
        evading = self._evading(action)
        for statement in self._statements(action):
            chosen = {**evading, **_chosen(statement, action), **(given or {})}
            for arn, context in self._tried(statement, kind, chosen):
                key = (arn, tuple(sorted(context.items())))
                if key in seen:
                    continue
                seen.add(key)
                decision = evaluate(
                    Request(principal=self.role.arn, action=action, resource=arn, context=context),
                    self.world,
                )
                if decision.allowed:
                    yield arn, _by(decision.statements, self.role.arn)

    def _evading(self, action: str) -> dict[str, str]:
        """Return condition keys by which a caller avoids what would be denied otherwise."""
        found: dict[str, str] = {}
        for statement in self._denies:
            if not _names(statement, action.lower()):
                continue
            for operator, keys in statement.condition.items():
                for key, values in keys.items():
                    if key.lower().startswith(NOT_THE_CALLERS) or not values:
                        continue
                    if "Not" in operator:
                        found.setdefault(key, values[0].replace("*", "x0"))
                    elif operator.startswith("Bool"):
                        found.setdefault(key, "false" if values[0] == "true" else "true")
                    elif operator == "Null" and values[0] == "true":
                        found.setdefault(key, "x0")
        return found

    def _statements(self, action: str) -> list[PolicyStatement]:
        if action not in self._about:
            name = action.lower()
            self._about[action] = [
                item.statement
                for policy in self._policies
                for item in policy.about(name)
                if not item.denies
            ]
        return self._about[action]

    def _tried(
        self, statement: PolicyStatement, kind: str, chosen: Mapping[str, str]
    ) -> Iterator[tuple[str, Mapping[str, str]]]:
        """Yield resources of a kind that a statement is about, and what a request on them says."""
        form = FORMATS[kind].format(**self._names)
        patterns = statement.resources or ("*",)
        if form == "*":
            yield from (("*", chosen) for pattern in patterns if pattern == "*")
            return
        matches = [glob(pattern) for pattern in patterns]
        for arn in self._known(kind):
            if any(match(arn) for match in matches):
                tags = self._tags.get(arn, {})
                yield arn, {**chosen, **{f"aws:ResourceTag/{key}": tags[key] for key in tags}}
        for pattern in patterns:
            exact = form if pattern == "*" else common(pattern, form)
            if exact is not None:
                yield exact.replace("*", SOMEBODY), chosen

    def _known(self, kind: str) -> Iterable[str]:
        if kind in self._resources:
            return self._resources[kind]
        if kind == "role":
            self._resources[kind] = [role.arn for role in self.world.roles]
        elif kind == "policy":
            self._resources[kind] = [arn for role in self.world.roles for arn in _policy_arns(role)]
        else:
            form = FORMATS[kind].format(**{**self._names, "account": "*", "region": "*"})
            self._resources[kind] = [
                item.arn for item in self.world.resources if glob(form)(item.arn)
            ]
        return self._resources[kind]


def _policy_arns(role: Role) -> Iterator[str]:
    """Yield the ARNs of a role's policies: under its path, or where its boundary is, as stage 0's are."""
    if role.kind == "workload":
        path = role.arn.replace(":role/", ":policy/", 1).rpartition("/")[0]
        yield from (f"{path}/{policy.name}" for policy in role.policies)
    if role.boundary is not None:
        yield role.boundary.owner
        if role.kind in ("ci", "deployment"):
            path = role.boundary.owner.rpartition("/")[0]
            yield from (f"{path}/{policy.name}" for policy in role.policies)


def _names(statement: PolicyStatement, action: str) -> bool:
    if statement.not_actions:
        return not any(matches_action(item)(action) for item in statement.not_actions)
    return any(matches_action(item)(action) for item in statement.actions)


def _chosen(statement: PolicyStatement, action: str) -> dict[str, str]:
    """Return the condition keys by which a caller meets a statement, where it can choose them."""
    found = {
        key: value
        for key, value in _values(statement)
        if not key.lower().startswith(NOT_THE_CALLERS)
    }
    if action == "kms:CreateGrant":
        found["kms:GrantIsForAWSResource"] = "false"  # the caller is no service of AWS's
    return found


def _values(statement: PolicyStatement) -> Iterator[tuple[str, str]]:
    for operator, keys in statement.condition.items():
        if "Not" in operator or operator == "Null":
            continue
        for key, values in keys.items():
            if values:
                yield key, values[0].replace("*", "x0")


def _by(statements: Iterable[Deciding], role: str) -> str:
    own = [str(item) for item in statements if item.policy.owner == role]
    return (own or [str(item) for item in statements] or ["no statement"])[0]
