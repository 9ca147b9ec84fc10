"""Decides an environment's stacks: state, network, training and one for each endpoint."""

from groundplan.blueprints.plan.access import Access
from groundplan.blueprints.plan.attachment import network_attachment, network_duties, network_stack
from groundplan.blueprints.plan.context import Context
from groundplan.blueprints.plan.monitoring import monitoring_stack
from groundplan.blueprints.plan.release import release_stack
from groundplan.blueprints.plan.role import RolePlan
from groundplan.blueprints.plan.scoring import scoring_stack
from groundplan.blueprints.plan.serving import serving_stack
from groundplan.blueprints.plan.stacks import AnyStackPlan, StagePlan
from groundplan.blueprints.plan.state import state_stack
from groundplan.blueprints.plan.tracking import mlflow_stack
from groundplan.blueprints.plan.training import plan_training_stack
from groundplan.blueprints.plan.triggers import training_triggers
from groundplan.blueprints.spec import EnvironmentSpec


def environment_stacks(context: Context, environment: EnvironmentSpec) -> tuple[AnyStackPlan, ...]:
    """Decide the stacks of one environment but its state, which follows from them.

    Raises:
        PlanError: If AWS would refuse something, with the place in the spec.
    """
    place = context.place(environment.account)
    network = network_stack(context, environment, place)
    attachment = network_attachment(context, environment, network)
    stacks: list[AnyStackPlan] = []
    if network is not None:
        stacks.append(network)
    after = ("state", "network") if network is not None else ("state",)
    tracking = mlflow_stack(context, environment, place)
    if tracking is not None:
        stacks.append(tracking)
    if environment is context.training:
        stacks.append(
            plan_training_stack(
                context,
                environment,
                place,
                attachment,
                network_duties(context, environment),
                depends_on=after if tracking is None else (*after, tracking.stack.id),
            )
        )
        stacks.extend(training_triggers(context, environment, place))
    stacks.extend(
        serving_stack(context, environment, place, model, attachment, after)
        for model in context.served()
    )
    if context.served():
        stacks.append(release_stack(context, environment, place, tuple(stacks), attachment))
    scoring = scoring_stack(context, environment, place, attachment, after)
    if scoring is not None:
        stacks.append(scoring)
    monitoring = monitoring_stack(context, environment, place, attachment, after)
    if monitoring is not None:
        stacks.append(monitoring)
    return tuple(stacks)


def plan_environment(
    context: Context,
    environment: EnvironmentSpec,
    stacks: tuple[AnyStackPlan, ...],
    roles: tuple[RolePlan, ...],
    access: Access,
) -> StagePlan:
    """Decide the stage of one environment.

    Args:
        context: The project.
        environment: The environment.
        stacks: What :func:`environment_stacks` returns.
        roles: Roles of its state stack.
        access: What all roles of the project do.

    Raises:
        PlanError: If AWS would refuse something, with the place in the spec.
    """
    place = context.place(environment.account)
    state = state_stack(context, environment, place, stacks, roles, access)
    return StagePlan(id=environment.name, place=place, stacks=(state, *stacks))
