"""Decides what CodePipeline deploys, in which order, and what somebody has to approve."""

from collections.abc import Mapping

from groundplan.blueprints.plan.context import TOOLING, Context
from groundplan.blueprints.plan.delivery_roles import PipelineTarget
from groundplan.blueprints.plan.deployment_policies import environments
from groundplan.blueprints.plan.names import Place

ORDER = ("development", "staging", "production")
"""Stages of environments in the order in which they are deployed."""


def pipeline_targets(context: Context, scopes: Mapping[str, Place]) -> tuple[PipelineTarget, ...]:
    """Return what is deployed in the order of its deployment; nothing with another CI system.

    With CDK each stage has a build and a role of its own, since who deploys to an account can change
    whatever the project has there. So somebody is asked before the first one to an account of
    production, whatever it is, and again before each environment of production.

    Args:
        context: The project.
        scopes: Account of each stage.
    """
    delivery = context.spec.delivery
    if delivery is None or delivery.ci != "codepipeline":
        return ()
    own = set(environments(scopes))
    shared = [scope for scope in scopes if scope not in own]
    whole = [shared] if context.engine == "pulumi" else [[scope] for scope in shared]
    ordered = sorted(context.spec.environments, key=lambda item: ORDER.index(item.stage))
    production = {item.name: scopes[item.name] for item in ordered if item.stage == "production"}
    unasked = set(production.values())
    found = []
    for stages in (*whole, *([item.name] for item in ordered)):
        places = tuple(dict.fromkeys(scopes[stage] for stage in stages))
        found.append(
            PipelineTarget(
                name=stages[0],
                part=stages[0] if stages[0] in own else TOOLING,
                stages=tuple(stages),
                places=places,
                approval=stages[0] in production or not unasked.isdisjoint(places),
            )
        )
        unasked -= set(places)
    return tuple(found)
