"""Decides an environment's network stack, and how its containers attach to a network."""

from groundplan.blueprints.plan.context import SCOPE_TAG, Context
from groundplan.blueprints.plan.duties import (
    attach_to_network,
)
from groundplan.blueprints.plan.environment_stack import environment_stack
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.network import (
    FlowLogPlan,
    NetworkAttachment,
    NetworkPlan,
    plan_network,
)
from groundplan.blueprints.plan.role import (
    Duty,
)
from groundplan.blueprints.plan.stacks import (
    NetworkStackPlan,
)
from groundplan.blueprints.spec import (
    EnvironmentSpec,
    ExistingNetwork,
    IsolatedNetwork,
    NoNetwork,
)


def network_stack(
    context: Context, environment: EnvironmentSpec, place: Place
) -> NetworkStackPlan | None:
    network = context.network(environment)
    if not isinstance(network, IsolatedNetwork):
        return None
    scope = f"{context.project}-{environment.name}"
    others = [
        context.spec.account_id(key) for key in context.spec.accounts if key != environment.account
    ]
    group = flow_log_group(context, environment)
    return NetworkStackPlan(
        stack=environment_stack(
            context, environment, place, "network", "Isolated network", depends_on=("state",)
        ),
        network=plan_network(
            name=scope,
            place=place,
            cidr=network.vpc_cidr,
            zones=network.zones,
            allowed_accounts=others,
            organization_id=context.spec.organization_id,
            flow_log=FlowLogPlan(
                log_group_name=group,
                log_group_arn=place.arn("logs", f"log-group:{group}"),
                role_arn=context.role_arn(place, environment.name, "flow-log"),
            ),
            scope_tag=(SCOPE_TAG, scope),
            tracking=environment is context.training and context.spec.tracking.mlflow == "server",
        ),
    )


def network_attachment(
    context: Context, environment: EnvironmentSpec, stack: NetworkStackPlan | None
) -> NetworkAttachment:
    if stack is not None:
        plan: NetworkPlan = stack.network
        return NetworkAttachment(
            subnet_ids=plan.subnet_ids, security_group_ids=plan.security_group_ids
        )
    network = context.network(environment)
    if isinstance(network, ExistingNetwork):
        return NetworkAttachment(
            subnet_ids=network.subnet_ids, security_group_ids=network.security_group_ids
        )
    return NetworkAttachment(subnet_ids=(), security_group_ids=())


def network_duties(context: Context, environment: EnvironmentSpec) -> tuple[Duty, ...]:
    """Return what attaching containers to the environment's network needs."""
    network = context.network(environment)
    place = context.place(environment.account)
    match network:
        case NoNetwork():
            return ()
        case ExistingNetwork():
            return attach_to_network(
                place,
                scope_tag=None,
                subnet_ids=network.subnet_ids,
                security_group_ids=network.security_group_ids,
            )
        case IsolatedNetwork():
            tag = (SCOPE_TAG, f"{context.project}-{environment.name}")
            return attach_to_network(place, scope_tag=tag)


def flow_log_group(context: Context, environment: EnvironmentSpec) -> str:
    return f"/groundplan/{context.project}/{environment.name}/flow-log"
