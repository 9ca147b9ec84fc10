"""Pulumi component of an event bus."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from groundplan.blueprints.plan.event_bus import EventBusPlan
from groundplan.constructs.pulumi.component import Component, check_plan, document


@dataclass(kw_only=True)
class EventBusArgs:
    """What an :class:`EventBus` is made of."""

    plan: EventBusPlan
    """What to define."""


class EventBus(Component):
    """A bus of its own for a project's events.

    The children ``Resource`` and ``Policy`` are part of the public contract.

    Example:
        >>> plan = plan_event_bus(name="reports", place=place, description="Events of the reports")
        >>> bus = EventBus("reports", EventBusArgs(plan=plan))
    """

    arn: pulumi.Output[str]
    """ARN of the bus."""

    name: pulumi.Output[str]
    """Name of the bus."""

    def __init__(
        self, name: str, args: EventBusArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Define the bus.

        Args:
            name: Name of the component.
            args: What it is made of.
            opts: Options of the component.

        Raises:
            ConstructError: If ``args`` holds something else than the plan of a bus.
        """
        check_plan(name, args.plan, EventBusPlan)
        super().__init__(name, opts)
        plan = args.plan
        self.plan = plan
        bus = aws.cloudwatch.EventBus(
            self.child_name("Resource"),
            name=plan.name,
            description=plan.description,
            opts=self.child(),
        )
        if plan.policy is not None:
            aws.cloudwatch.EventBusPolicy(
                self.child_name("Policy"),
                event_bus_name=bus.name,
                policy=document(name, plan.policy),
                opts=self.child(),
            )
        self.arn = bus.arn
        self.name = bus.name
        self.register_outputs({"arn": self.arn, "name": self.name})
