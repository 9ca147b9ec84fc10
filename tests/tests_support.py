"""Helpers that several tests share."""

from pathlib import Path

from groundplan.blueprints.plan.context import Context
from groundplan.blueprints.plan.network import NetworkAttachment
from groundplan.blueprints.plan.training import (
    _processing_role,
    _settings,
    _training_role,
)
from groundplan.blueprints.spec import ProjectSpec, load_spec
from groundplan.pipelines import TrainingPipelineSettings

ROOT = Path(__file__).parent.parent
EXAMPLES = ("churn", "sandbox", "vision")


def example_spec(name: str) -> ProjectSpec:
    return load_spec(ROOT / "examples" / name / "groundplan.yaml")


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
