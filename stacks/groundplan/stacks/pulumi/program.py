"""Puts a project into a Pulumi program: one Pulumi stack an environment, one for tooling and data."""

from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path

import pulumi
import pulumi_aws as aws

from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.plan.context import TOOLING
from groundplan.blueprints.plan.endpoint import NO_MODEL
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
from groundplan.constructs.pulumi import Mlflow, Network
from groundplan.pipelines import Pipeline
from groundplan.stacks.pulumi.budgets import BudgetsStack
from groundplan.stacks.pulumi.data_state import DataStateStack
from groundplan.stacks.pulumi.delivery import DeliveryStack
from groundplan.stacks.pulumi.images import ImagesStack
from groundplan.stacks.pulumi.mlflow import MlflowStack
from groundplan.stacks.pulumi.monitoring import MonitoringStack
from groundplan.stacks.pulumi.network import NetworkStack
from groundplan.stacks.pulumi.outputs import outputs
from groundplan.stacks.pulumi.provider import provider
from groundplan.stacks.pulumi.registry import RegistryStack
from groundplan.stacks.pulumi.release import ReleaseStack
from groundplan.stacks.pulumi.scoring import ScoringStack
from groundplan.stacks.pulumi.serving import ServingStack
from groundplan.stacks.pulumi.stack import PlannedStack
from groundplan.stacks.pulumi.state import StateStack
from groundplan.stacks.pulumi.training import TrainingStack
from groundplan.stacks.pulumi.triggers import TriggersStack


def add_project(
    spec: str | PathLike[str] | None = None,
    *,
    part: str | None = None,
    edit: Callable[[Pipeline], Pipeline] | None = None,
) -> Plan:
    """Define one part of a project in the program, and return the plan of the whole.

    Configuration, in the namespace ``groundplan``: ``spec`` (file of the spec, relative to
    ``Pulumi.yaml``), ``part`` (what this Pulumi stack holds), ``modelVersion.MODEL`` (the model package
    that an endpoint is made with),
    ``deploymentRole`` (``planned``, ``none`` or an ARN), ``profilePrefix`` (an account's AWS profile is
    the prefix and its id), ``endpointUrl`` (an emulator).

    Args:
        spec: File of the spec; images' contexts are relative to its directory. Default: the
            configuration says it.
        part: ``tooling`` (with the data) or an environment. Default: the configuration says it, or
            the Pulumi stack is called like it.
        edit: Receives each standard pipeline, known by its name, and returns it with steps of one's
            own. Default: pipelines stay as they are.

    Raises:
        SpecErrors: If the spec has mistakes; holds all of them.
        PlanError: If AWS would refuse something, or the project has no such part.
        PipelineError: If the steps of an edited pipeline do not fit together.
        ConstructError: If the context of an image is no directory.
    """
    config = pulumi.Config("groundplan")
    path = Path(spec) if spec is not None else _root() / config.require("spec")
    decided = plan(load_spec(path), edit=edit, engine="pulumi")
    wanted = part or config.get("part") or pulumi.get_stack()
    Program(decided, config, path.parent).define(wanted)
    return decided


class Program:
    """What one Pulumi stack defines of a plan."""

    def __init__(self, plan: Plan, config: pulumi.Config, sources: Path) -> None:
        """Prepare the definition.

        Args:
            plan: The whole project.
            config: Configuration in the namespace ``groundplan``.
            sources: Directory that the images' contexts are relative to.
        """
        self._plan = plan
        self._config = config
        self._sources = sources
        self._registry: RegistryStack | None = None

    def define(self, part: str) -> None:
        """Define the stages of a part.

        Raises:
            PlanError: If the project has no such part.
            ConstructError: If the context of an image is no directory.
        """
        parts = self._plan.parts()
        if part not in parts:
            raise PlanError(
                "groundplan:part",
                "is no part of the project",
                got=part,
                fix=f"use one of {', '.join(sorted(parts, key=lambda name: (name != TOOLING, name)))}",
            )
        stages = parts[part]
        for stage in stages:
            self._stage(stage)
        for kind, names in outputs(stages).items():
            pulumi.export(kind, names)

    def _stage(self, stage: StagePlan) -> None:
        shared = stage.stacks[0].stack.tags
        account = self._provider(stage.id, stage, shared)
        made: dict[str, PlannedStack] = {}
        for item in stage.stacks:
            after = tuple(made[id] for id in item.stack.depends_on)
            network = next(
                (found.network for found in made.values() if isinstance(found, NetworkStack)), None
            )
            mlflow = next(
                (found.mlflow for found in made.values() if isinstance(found, MlflowStack)), None
            )
            own, tags = account, item.stack.tags
            if tags != shared:
                # An endpoint's tag says whose its models and configs are.
                own = self._provider(f"{stage.id}-{item.stack.id}", stage, tags)
            made[item.stack.id] = self._stack(item, own, after, network, mlflow)

    def _provider(self, name: str, stage: StagePlan, tags: Mapping[str, str]) -> aws.Provider:
        role = self._config.get("deploymentRole") or "planned"
        planned = self._plan.deployment_role_arn(stage.place)
        prefix = self._config.get("profilePrefix")
        return provider(
            name,
            stage.place,
            tags,
            role_arn={"planned": planned, "none": None}.get(role, role),
            profile=f"{prefix}{stage.place.account}" if prefix else None,
            endpoint_url=self._config.get("endpointUrl"),
        )

    def _stack(
        self,
        plan: AnyStackPlan,
        account: aws.Provider,
        after: tuple[PlannedStack, ...],
        network: Network | None,
        mlflow: Mlflow | None,
    ) -> PlannedStack:
        match plan:
            case RegistryStackPlan():
                self._registry = RegistryStack(plan, account, after)
                return self._registry
            case ImagesStackPlan():
                assert self._registry is not None, "the registry is planned before the images"
                artifacts = self._registry.artifacts
                return ImagesStack(plan, account, after, artifacts=artifacts, sources=self._sources)
            case DataStateStackPlan():
                return DataStateStack(plan, account, after)
            case StateStackPlan():
                return StateStack(plan, account, after)
            case NetworkStackPlan():
                return NetworkStack(plan, account, after)
            case MlflowStackPlan():
                return MlflowStack(plan, account, after)
            case TrainingStackPlan():
                return TrainingStack(plan, account, after, network, mlflow)
            case TriggersStackPlan():
                return TriggersStack(plan, account, after)
            case BudgetsStackPlan():
                return BudgetsStack(plan, account, after)
            case ReleaseStackPlan():
                return ReleaseStack(plan, account, after, network)
            case DeliveryStackPlan():
                return DeliveryStack(plan, account, after)
            case ScoringStackPlan():
                return ScoringStack(plan, account, after, network)
            case MonitoringStackPlan():
                return MonitoringStack(plan, account, after, network)
            case ServingStackPlan():
                version = self._config.get(f"modelVersion.{plan.endpoint.model}")
                return ServingStack(plan, account, after, network, version or NO_MODEL)


def _root() -> Path:
    """Return the directory of ``Pulumi.yaml``, which is not where the program runs."""
    return Path(pulumi.get_root_directory() or "")
