"""Helpers of the tests that need the inside of a plan."""

from groundplan.blueprints.plan.context import Context
from groundplan.blueprints.plan.network import NetworkAttachment
from groundplan.blueprints.plan.training import (
    _processing_role,
    _settings,
    _training_role,
)
from groundplan.blueprints.spec import ProjectSpec
from groundplan.pipelines import TrainingPipelineSettings


def settings_of(spec: ProjectSpec, model_name: str) -> TrainingPipelineSettings:
    """Return what the training pipeline of a model is made from, without a network."""
    context = Context(spec)
    environment = context.training
    place = context.place(environment.account)
    model = next(item for item in spec.models if item.name == model_name)
    nowhere = NetworkAttachment(subnet_ids=(), security_group_ids=())
    return _settings(
        context,
        environment,
        place,
        model,
        nowhere,
        _training_role(context, environment, place, model, ()),
        _processing_role(context, environment, place, model, ()),
    )
