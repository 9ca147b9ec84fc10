"""Decides the stack in which an account tells other environments of what has happened there."""

from groundplan.blueprints.plan.alarms import plan_topic
from groundplan.blueprints.plan.context import Context
from groundplan.blueprints.plan.event_rule import EventRulePlan
from groundplan.blueprints.plan.names import Place, name
from groundplan.blueprints.plan.stacks import DeliveryStackPlan, StackPlan
from groundplan.blueprints.plan.undelivered import plan_undelivered_events


def delivery_queue(context: Context, scope: str) -> str:
    """Return the name of the queue of a stage's undelivered events."""
    return name("state-machine", context.project, scope, "delivery-undelivered")


def delivery_stack(
    context: Context,
    scope: str,
    place: Place,
    rules: tuple[EventRulePlan, ...],
    *,
    key_alias: str,
    description: str,
    depends_on: str,
) -> DeliveryStackPlan:
    """Decide the stack of a stage's forwarding rules, with a topic and a queue of its own.

    Args:
        context: The project.
        scope: Stage: ``tooling``, ``data`` or ``data-KEY``.
        place: Account and region.
        rules: What is forwarded, and to which bus.
        key_alias: Alias of the key of topic and queue.
        description: What the stack does.
        depends_on: Stack of the stage that holds the key.
    """
    topic = plan_topic(
        id="Alerts",
        name=name("topic", context.project, scope, "alerts"),
        place=place,
        encryption_key_alias=key_alias,
        emails=(context.spec.owner,) if context.spec.owner is not None else (),
    )
    return DeliveryStackPlan(
        stack=StackPlan(
            id="delivery",
            name=context.stack_name(scope, "delivery"),
            scope=scope,
            place=place,
            description=description,
            termination_protection=False,
            tags=context.tags(scope),
            depends_on=(depends_on,),
        ),
        topic=topic,
        undelivered=plan_undelivered_events(
            name=delivery_queue(context, scope),
            place=place,
            encryption_key_alias=key_alias,
            rules=[rule.arn for rule in rules],
            topic_arn=topic.arn,
        ),
        rules=rules,
    )
