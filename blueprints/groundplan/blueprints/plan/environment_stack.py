"""Decides what all stacks of an environment have in common."""

from groundplan.blueprints.plan.context import Context
from groundplan.blueprints.plan.deployment_policies import ENDPOINT_TAG
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.ref import Json
from groundplan.blueprints.plan.stacks import (
    StackPlan,
)
from groundplan.blueprints.spec import (
    EnvironmentSpec,
)


def environment_stack(
    context: Context,
    environment: EnvironmentSpec,
    place: Place,
    id: str,
    description: str,
    *,
    protected: bool = False,
    depends_on: tuple[str, ...] = (),
    execution_role_arn: str | None = None,
    policy: Json = None,
    endpoint: str | None = None,
) -> StackPlan:
    tags = context.tags(environment.name)
    if endpoint is not None:
        tags[ENDPOINT_TAG] = endpoint
    return StackPlan(
        id=id,
        name=context.stack_name(environment.name, id),
        scope=environment.name,
        place=place,
        description=f"{description} of {context.project} in {environment.name}",
        termination_protection=protected,
        tags=tags,
        depends_on=depends_on,
        execution_role_arn=execution_role_arn,
        policy=policy,
    )
