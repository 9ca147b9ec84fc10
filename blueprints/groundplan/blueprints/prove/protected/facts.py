"""What is protected from change, and the facts of a case that say who may change it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.pipeline import PipelinePlan
from groundplan.blueprints.plan.stacks import AnyStackPlan
from groundplan.blueprints.prove.attempts import Values
from groundplan.blueprints.prove.claim import Case
from groundplan.blueprints.prove.machine_tasks import tasks
from groundplan.blueprints.prove.parts import every

PREFIXES = {"eventbridge": "events", "sagemakerruntime": "sagemaker", "sfn": "states"}
"""Services whose actions begin otherwise in IAM than their calls in state machines do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Protected:
    """Actions on one thing, and everybody who may do them."""

    kind: str
    """Which part of the claim it is, such as ``release``."""

    what: str
    """What is done, for a reader: ``releases churn to prod``."""

    actions: tuple[str, ...]
    """Exact actions."""

    resource: str
    """ARN, or a pattern of ARNs, none of which may be reached."""

    account: str
    """Account of the resource."""

    may: frozenset[str] = frozenset()
    """ARNs of the roles whose work it is."""

    context: Values = field(default_factory=dict)
    """Condition keys that make the request what it is, tags of the resource included."""

    known: bool = False
    """Whether the resource has a policy, so that other accounts are worth a question."""


class Facts:
    """Who does what by the definitions in a plan."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self._machines = list(every(case.plan.stages, PipelinePlan))
        self._calls: dict[str, list[PipelinePlan]] = {}
        for task in tasks(case.plan):
            service, _, operation = task.call.lower().partition(":")
            named = self._calls.setdefault(f"{PREFIXES.get(service, service)}:{operation}", [])
            if task.machine not in named[-1:]:
                named.append(task.machine)

    def callers(self, actions: Iterable[str], *names: str) -> frozenset[str]:
        """Return the roles of state machines that make one of these calls and name the thing.

        Args:
            actions: IAM actions, which are named as calls are.
            names: What the definition has to mention, each as a whole word.
        """
        return frozenset(
            machine.role.arn
            for action in actions
            for machine in self._calls.get(action.lower(), ())
            if all(mentions(machine.definition, name) for name in names)
        )

    def deployment(self, place: Place) -> str:
        """Return the ARN of the role that makes all but endpoints, or with Pulumi all."""
        return self.case.plan.deployment_role_arn(place)

    def deployer(self, place: Place) -> str:
        """Return the ARN of the bootstrap's role that hands stacks to CloudFormation.

        With Pulumi nobody does, and it is the role that deploys.
        """
        if self.case.plan.engine == "pulumi":
            return self.deployment(place)
        prefix = f"role/cdk-{self.case.plan.qualifier}-deploy-role"
        return place.iam_arn(f"{prefix}-{place.account}-{place.region}")

    def stacks(self) -> Iterator[AnyStackPlan]:
        """Yield every stack."""
        yield from self.case.plan.stacks()


def mentions(definition: str, name: str) -> bool:
    """Return whether a definition holds ``name``, not as a part of a longer name."""
    # the name comes first: a pattern that begins with what may not precede it is tried at every place
    exact = re.escape(name)
    return re.search(rf"{exact}(?<![\w-]{exact})(?![\w-])", definition) is not None


def rows(
    facts: Facts,
    *,
    kind: str,
    what: str,
    actions: Iterable[str],
    resource: str,
    account: str,
    may: Iterable[str] = (),
    names: tuple[str, ...] = (),
    context: Mapping[str, str | tuple[str, ...]] | None = None,
    known: bool = False,
) -> Iterator[Protected]:
    """Yield one row an action, with the state machines whose calls it is.

    Args:
        facts: Facts of the case.
        kind: Part of the claim.
        what: What is done.
        actions: Exact actions.
        resource: ARN or pattern.
        account: Account of the resource.
        may: Roles whose work it is, besides state machines.
        names: What a state machine's definition mentions whose work it is. Default: no machine's.
        context: Condition keys of the request.
        known: Whether the resource has a policy.
    """
    for action in actions:
        machines = facts.callers([action], *names) if names else frozenset()
        yield Protected(
            kind=kind,
            what=what,
            actions=(action,),
            resource=resource,
            account=account,
            may=machines | frozenset(may),
            context=dict(context or {}),
            known=known,
        )
