"""Puts a project into a CDK app: a stage for each account's part, the planned stacks in it."""

import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any

from aws_cdk import App, Environment, Stack, Stage
from constructs import Construct

from groundplan.blueprints.errors import GroundplanError, PlanError
from groundplan.blueprints.plan.project import Plan, plan
from groundplan.blueprints.plan.stacks import (
    AnyStackPlan,
    BudgetsStackPlan,
    DataStateStackPlan,
    DeliveryStackPlan,
    ImagesStackPlan,
    MlflowStackPlan,
    MonitoringStackPlan,
    NetworkStackPlan,
    RegistryStackPlan,
    ReleaseStackPlan,
    ScoringStackPlan,
    ServingStackPlan,
    StagePlan,
    StateStackPlan,
    TrainingStackPlan,
    TriggersStackPlan,
)
from groundplan.blueprints.spec.load import load_spec
from groundplan.constructs.cdk import Mlflow, Network
from groundplan.pipelines import Pipeline
from groundplan.stacks.cdk.budgets import BudgetsStack
from groundplan.stacks.cdk.data_state import DataStateStack
from groundplan.stacks.cdk.delivery import DeliveryStack
from groundplan.stacks.cdk.images import ImagesStack
from groundplan.stacks.cdk.mlflow import MlflowStack
from groundplan.stacks.cdk.monitoring import MonitoringStack
from groundplan.stacks.cdk.network import NetworkStack
from groundplan.stacks.cdk.registry import RegistryStack
from groundplan.stacks.cdk.release import ReleaseStack
from groundplan.stacks.cdk.scoring import ScoringStack
from groundplan.stacks.cdk.serving import ServingStack
from groundplan.stacks.cdk.state import StateStack
from groundplan.stacks.cdk.training import TrainingStack
from groundplan.stacks.cdk.triggers import TriggersStack

WRONG_INPUT = 2


@contextmanager
def errors_as_text() -> Iterator[None]:
    """End the program with exit code 2 and the text of an error that a user can mend."""
    try:
        yield
    except GroundplanError as exc:
        print(exc, file=sys.stderr)
        sys.exit(WRONG_INPUT)


def new_app(*, outdir: str | None = None, context: Mapping[str, Any] | None = None) -> App:
    """Return an app that writes the same bytes wherever it runs.

    It neither reports usage nor validates templates as it synthesises, which takes longer than
    all the rest; groundplan's own templates are checked by its tests.

    Args:
        outdir: Directory of the assembly. Default: as the CDK CLI asks, or a temporary one.
        context: Context values. Default: what the CDK CLI passes.
    """
    return App(
        analytics_reporting=False,
        builtin_cloud_formation_validation=False,
        outdir=outdir,
        context=context,
    )


def add_project(
    scope: Construct,
    spec: str | PathLike[str],
    *,
    stages: Collection[str] | None = None,
    edit: Callable[[Pipeline], Pipeline] | None = None,
) -> Plan:
    """Define a project in ``scope``, and return the plan of the whole.

    Args:
        scope: The app, or a construct in it where the app holds several projects.
        spec: File of the spec; images' contexts are relative to its directory.
        stages: Ids of the stages to define, such as ``tooling`` or an environment's name. Default: all.
        edit: Receives each standard pipeline, known by its name, and returns it with steps of one's
            own. Default: pipelines stay as they are.

    Raises:
        SpecErrors: If the spec has mistakes; holds all of them.
        PlanError: If AWS would refuse something, or the project has no such stage.
        PipelineError: If the steps of an edited pipeline do not fit together.
        ConstructError: If the context of an image is no directory.
    """
    decided = plan(load_spec(Path(spec)), edit=edit)
    add_plan(scope, decided, sources=Path(spec).parent, stages=stages)
    return decided


def add_plan(
    scope: Construct, plan: Plan, *, sources: Path, stages: Collection[str] | None = None
) -> None:
    """Define the stages and stacks of ``plan`` in ``scope``.

    Args:
        scope: The app, or a construct in it.
        plan: What to define.
        sources: Directory that the images' contexts are relative to.
        stages: Ids of the stages to define. Default: all.

    Raises:
        ConstructError: If the context of an image is no directory.
        PlanError: If the plan has no such stage.
    """
    known = {stage.id: stage for stage in plan.stages}
    for id in known if stages is None else stages:
        if id not in known:
            raise PlanError(
                "stages",
                "is no stage of the project",
                got=id,
                fix=f"use one of {', '.join(known)}",
            )
        _add_stage(scope, known[id], plan.qualifier, sources)


def _add_stage(scope: Construct, plan: StagePlan, qualifier: str, sources: Path) -> None:
    place = plan.place
    stage = Stage(scope, plan.id, env=Environment(account=place.account, region=place.region))
    # Exports, which CloudFormation refuses to delete while another stack uses them.
    stage.node.set_context("@aws-cdk/core:defaultCrossStackReferences", "strong")
    stacks: dict[str, Stack] = {}
    network: Network | None = None
    mlflow: Mlflow | None = None
    for item in plan.stacks:
        stack = _add_stack(stage, item, qualifier, sources, network, mlflow)
        if isinstance(stack, NetworkStack):
            network = stack.network
        if isinstance(stack, MlflowStack):
            mlflow = stack.mlflow
        for id in item.stack.depends_on:
            stack.add_stack_dependency(stacks[id])
        stacks[item.stack.id] = stack


def _add_stack(
    stage: Stage,
    plan: AnyStackPlan,
    qualifier: str,
    sources: Path,
    network: Network | None,
    mlflow: Mlflow | None,
) -> Stack:
    match plan:
        case RegistryStackPlan():
            return RegistryStack(stage, plan=plan, qualifier=qualifier)
        case ImagesStackPlan():
            return ImagesStack(stage, plan=plan, qualifier=qualifier, sources=sources)
        case DataStateStackPlan():
            return DataStateStack(stage, plan=plan, qualifier=qualifier)
        case StateStackPlan():
            return StateStack(stage, plan=plan, qualifier=qualifier)
        case NetworkStackPlan():
            return NetworkStack(stage, plan=plan, qualifier=qualifier)
        case MlflowStackPlan():
            return MlflowStack(stage, plan=plan, qualifier=qualifier)
        case TrainingStackPlan():
            return TrainingStack(
                stage, plan=plan, qualifier=qualifier, network=network, mlflow=mlflow
            )
        case TriggersStackPlan():
            return TriggersStack(stage, plan=plan, qualifier=qualifier)
        case BudgetsStackPlan():
            return BudgetsStack(stage, plan=plan, qualifier=qualifier)
        case ReleaseStackPlan():
            return ReleaseStack(stage, plan=plan, qualifier=qualifier)
        case DeliveryStackPlan():
            return DeliveryStack(stage, plan=plan, qualifier=qualifier)
        case ScoringStackPlan():
            return ScoringStack(stage, plan=plan, qualifier=qualifier, network=network)
        case MonitoringStackPlan():
            return MonitoringStack(stage, plan=plan, qualifier=qualifier, network=network)
        case ServingStackPlan():
            return ServingStack(stage, plan=plan, qualifier=qualifier, network=network)
