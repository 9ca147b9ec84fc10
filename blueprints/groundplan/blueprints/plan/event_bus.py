"""Decides an event bus: which roles of which accounts may put events on it."""

from collections.abc import Sequence
from dataclasses import dataclass

from groundplan.blueprints.plan.encryption_key import account_roots
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.policy import PolicyDocument, Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class EventBusPlan:
    """A bus of its own for a project's events, apart from the account's default one."""

    id: str
    """Id of the unit within its stack."""

    name: str
    """Physical name."""

    arn: str
    """ARN of the bus."""

    description: str
    """What its events are."""

    policy: PolicyDocument | None
    """Which roles may put events on the bus, one statement an account; each also needs a duty."""

    @property
    def statements(self) -> tuple[Statement, ...]:
        """Statements of the policy."""
        return self.policy.statements if self.policy is not None else ()


def plan_event_bus(
    *,
    name: str,
    place: Place,
    id: str = "Bus",
    description: str = "Events of one project",
    sources: Sequence[str] = (),
) -> EventBusPlan:
    """Decide a bus.

    Args:
        name: Physical name.
        place: Account and region.
        id: Id of the unit within its stack.
        description: What its events are.
        sources: ARNs of the roles that may put events on the bus, those of rules that forward to it
            included, in any account. They need not exist yet.
    """
    arn = place.arn("events", f"event-bus/{name}")
    by_account: dict[str, list[str]] = {}
    for role in sources:
        by_account.setdefault(role.split(":")[4], []).append(role)
    statements = tuple(
        Statement(
            sid=f"PutFrom{account}",
            actions=("events:PutEvents",),
            resources=(arn,),
            principals={"AWS": account_roots(roles, place)},
            condition={"ArnEquals": {"aws:PrincipalArn": sorted(set(roles))}},
        )
        for account, roles in sorted(by_account.items())
    )
    return EventBusPlan(
        id=id,
        name=name,
        arn=arn,
        description=description,
        policy=PolicyDocument(statements=statements) if statements else None,
    )
