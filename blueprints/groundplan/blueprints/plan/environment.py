"""Decides an environment's stacks: state, network, training and one for each endpoint."""

from groundplan.blueprints.plan.attachment import network_attachment, network_duties, network_stack
from groundplan.blueprints.plan.context import Context
from groundplan.blueprints.plan.serving import serving_stack
from groundplan.blueprints.plan.stacks import (
    AnyStackPlan,
    StagePlan,
)
from groundplan.blueprints.plan.state import state_stack
from groundplan.blueprints.plan.training import (
    plan_training_stack,
)
from groundplan.blueprints.spec import (
    EnvironmentSpec,
)


def plan_environment(context: Context, environment: EnvironmentSpec) -> StagePlan:
    """Decide the stage of one environment.

    Raises:
        PlanError: If AWS would refuse something, with the place in the spec.
    """
    place = context.place(environment.account)
    network = network_stack(context, environment, place)
    attachment = network_attachment(context, environment, network)
    stacks: list[AnyStackPlan] = [state_stack(context, environment, place)]
    if network is not None:
        stacks.append(network)
    after = ("state", "network") if network is not None else ("state",)
    if environment is context.training:
        stacks.append(
            plan_training_stack(
                context,
                environment,
                place,
                attachment,
                network_duties(context, environment),
                depends_on=after,
            )
        )
    stacks.extend(
        serving_stack(context, environment, place, model, attachment, after)
        for model in context.served()
    )
    return StagePlan(id=environment.name, place=place, stacks=tuple(stacks))
