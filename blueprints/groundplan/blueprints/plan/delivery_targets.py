"""Decides what CodePipeline deploys, in which order, and what somebody has to approve."""

from collections.abc import Mapping

from groundplan.blueprints.plan.context import TOOLING, Context
from groundplan.blueprints.plan.delivery_roles import PipelineTarget
from groundplan.blueprints.plan.deployment_policies import environments
from groundplan.blueprints.plan.names import Place

ORDER = ("development", "staging", "production")
"""Stages of environments in the order in which they are deployed."""


def pipeline_targets(context: Context, scopes: Mapping[str, Place]) -> tuple[PipelineTarget, ...]:
    """Return the parts of a project in the order of their deployment; none with another CI system.

    Args:
        context: The project.
        scopes: Account of each stage.
    """
    delivery = context.spec.delivery
    if delivery is None or delivery.ci != "codepipeline":
        return ()
    own = set(environments(scopes))
    shared = {scope: place for scope, place in scopes.items() if scope not in own}
    stages = sorted(context.spec.environments, key=lambda item: ORDER.index(item.stage))
    return (
        PipelineTarget(
            name=TOOLING,
            stages=tuple(shared),
            places=tuple(dict.fromkeys(shared.values())),
            approval=False,
        ),
        *(
            PipelineTarget(
                name=item.name,
                stages=(item.name,),
                places=(scopes[item.name],),
                approval=item.stage == "production",
            )
            for item in stages
        ),
    )
