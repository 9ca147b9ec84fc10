"""CDK construct of an event bus."""

from typing import Any

from aws_cdk import aws_events as events
from constructs import Construct

from groundplan.blueprints.plan.event_bus import EventBusPlan


class EventBus(Construct):
    """A bus of its own for a project's events.

    The ids ``Resource`` and those of the plan's statements are part of the public contract.

    Example:
        >>> plan = plan_event_bus(name="reports", place=place, description="Events of the reports")
        >>> bus = EventBus(stack, "Bus", plan=plan)
    """

    def __init__(self, scope: Construct, id: str, *, plan: EventBusPlan) -> None:
        """Define the bus.

        Args:
            scope: Parent construct.
            id: Id within ``scope``.
            plan: What to define.
        """
        super().__init__(scope, id)
        self.plan = plan
        self.bus = events.CfnEventBus(
            self, "Resource", name=plan.name, description=plan.description
        )
        for statement in plan.statements:
            whole: dict[str, Any] = {
                key: value for key, value in statement.to_json().items() if key != "Sid"
            }
            events.CfnEventBusPolicy(
                self,
                statement.sid,
                event_bus_name=self.bus.ref,
                statement_id=statement.sid,
                statement=whole,
            )
