"""What needs follow from: what is encrypted by which key, and what machines do for which models."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cached_property
from typing import Any

from groundplan.blueprints.plan.alarms import TopicPlan
from groundplan.blueprints.plan.data_bucket import DataBucketPlan
from groundplan.blueprints.plan.encryption_key import EncryptionKeyPlan
from groundplan.blueprints.plan.lock_table import LockTablePlan
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.network import NetworkPlan
from groundplan.blueprints.plan.pipeline import PipelinePlan
from groundplan.blueprints.plan.project import Plan
from groundplan.blueprints.plan.ref import Ref
from groundplan.blueprints.plan.stacks import StackPlan
from groundplan.blueprints.plan.undelivered import UndeliveredEventsPlan
from groundplan.blueprints.prove.needs.machine import Machine, texts
from groundplan.blueprints.prove.needs.patterns import NOTHING, UNKNOWN, Result
from groundplan.blueprints.prove.parts import units
from groundplan.blueprints.prove.stand_ins import StandIns, key_arn
from groundplan.blueprints.spec import ProjectSpec

_GROUP = re.compile(r"arn:[a-z-]+:sagemaker:[^\"\\ ]*?:model-package-group/[A-Za-z0-9-]+")
_TRAINED = (
    "sagemaker:createTrainingJob",
    "sagemaker:createHyperParameterTuningJob",
)


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the project."""

    arn: str
    alias: str
    place: Place


@dataclass(frozen=True, slots=True)
class Unit:
    """A part of the plan, and where it is."""

    value: Any
    place: Place
    scope: str
    stack: StackPlan


@dataclass(eq=False)
class Facts:
    """What a plan's definitions say, without the roles' duties and policies."""

    spec: ProjectSpec
    plan: Plan
    encrypted: dict[str, Key] = field(default_factory=dict)
    """Key by the ARN of what it encrypts."""

    keys: dict[str, Key] = field(default_factory=dict)
    """Keys by the ARN of their alias."""

    def __post_init__(self) -> None:
        self.stand_ins: dict[str, Mapping[Ref, str]] = {}
        self.units: list[Unit] = []
        self._machines: list[tuple[PipelinePlan, Unit, str | None]] = []
        for stage in self.plan.stages:
            self.stand_ins[stage.id] = StandIns(stage.place, stage.id, units(stage))
            for stack in stage.stacks:
                for value, model in _owned(stack, None):
                    unit = Unit(value, stage.place, stage.id, stack.stack)
                    self.units.append(unit)
                    if isinstance(value, PipelinePlan):
                        self._machines.append((value, unit, model))
        for unit in self.units:
            self._note_key(unit.value, unit.place)
        for stage_0 in self.plan.stage_0:
            bootstrap = stage_0.bootstrap
            trail = stage_0.trail.key if stage_0.trail is not None else None
            files = bootstrap.key if bootstrap is not None else None
            pipeline = stage_0.pipeline.key if stage_0.pipeline is not None else None
            for value in (files, stage_0.log_key, trail, pipeline):
                if value is not None:
                    self._note_key(value, stage_0.place)
            if bootstrap is not None:
                self.encrypted[stage_0.place.bucket_arn(bootstrap.bucket)] = self.keys[
                    bootstrap.key.alias_arn
                ]
        for unit in self.units:
            self._note_encrypted(unit)

    def of(self, kind: type) -> Iterator[Unit]:
        """Yield the units of a class."""
        return (unit for unit in self.units if isinstance(unit.value, kind))

    def key(self, unit: Unit, value: Ref | str | None) -> Key | None:
        """Return a key that a unit names by ref, by alias or by the alias's ARN."""
        if isinstance(value, Ref):
            arn = self.stand_ins[unit.scope][value]
            return next((key for key in self.keys.values() if key.arn == arn), None)
        if value is None:
            return None
        return self.keys.get(value if ":" in value else unit.place.arn("kms", value))

    def tag(self, scope: str) -> tuple[str, str] | None:
        """Return the tag of a stage's own subnets and groups; ``None`` without a network of its own."""
        found = (unit for unit in self.of(NetworkPlan) if unit.scope == scope)
        return next((unit.value.scope_tag for unit in found), None)

    @cached_property
    def machines(self) -> tuple[Machine, ...]:
        """Every state machine."""
        return tuple(
            Machine(plan, unit.place, unit.scope, model, self.stand_ins[unit.scope], self._results)
            for plan, unit, model in self._machines
        )

    def groups(self, machine: Machine) -> tuple[str, ...]:
        """Return the model package groups whose versions a machine is about."""
        named = tuple(sorted(set(_GROUP.findall(machine.plan.definition))))
        return named or self.groups_of(machine.model or "")

    def groups_of(self, model: str) -> tuple[str, ...]:
        """Return the model package groups that a model's training registers versions in."""
        return self._groups_of_models.get(model, ())

    def execution_role(self, unit: Unit) -> str:
        """Return the role that makes a unit."""
        return unit.stack.execution_role_arn or self.plan.deployment_role_arn(unit.place)

    @cached_property
    def _groups_of_models(self) -> dict[str, tuple[str, ...]]:
        return {
            model: tuple(sorted(set(_GROUP.findall(plan.definition))))
            for plan, _, model in self._machines
            if model is not None and "createModelPackage" in plan.definition
        }

    def version(self, groups: tuple[str, ...], *path: str) -> frozenset[str]:
        """Return what the versions of some groups say in a field, as it is registered."""
        found = (
            text
            for group in groups
            for arguments in self._registered.get(group, ())
            for text in texts(arguments, *path)
        )
        return frozenset(found) or UNKNOWN

    @cached_property
    def _registered(self) -> dict[str, list[Any]]:
        """Arguments of what registers versions, by group. Made apart, since they refer to versions."""
        found: dict[str, list[Any]] = {}
        for plan, unit, model in self._machines:
            if "createModelPackage" not in plan.definition:
                continue
            machine = Machine(
                plan, unit.place, unit.scope, model, self.stand_ins[unit.scope], self._own_results
            )
            for call in machine.of("aws-sdk:sagemaker:createModelPackage"):
                for group in call.texts("ModelPackageGroupName"):
                    found.setdefault(group, []).append(call.arguments)
        return found

    def _own_results(self, machine: Machine, integration: str, result: Result) -> frozenset[str]:
        """Return what a call's result says by what the same machine has asked for.

        A training job leaves its model below the output path that it was given, a tuning job's
        training jobs begin with its name, and a definition's ARN holds its name (SageMaker and AWS
        Batch API references, 2026-11-21).
        """
        match result.path[-1:]:
            case ("S3ModelArtifacts",):
                return _below(
                    text
                    for call in machine.of(*_TRAINED)
                    for text in (
                        *call.texts("OutputDataConfig", "S3OutputPath"),
                        *call.texts("TrainingJobDefinition", "OutputDataConfig", "S3OutputPath"),
                    )
                )
            case ("TrainingJobName",):
                return _below(
                    text
                    for call in machine.of(*_TRAINED)
                    for text in (
                        *call.texts("TrainingJobName"),
                        *call.texts("HyperParameterTuningJobName"),
                    )
                )
            case ("JobDefinitionArn",):
                return _below(
                    machine.place.arn("batch", f"job-definition/{text}")
                    for call in machine.of("aws-sdk:batch:registerJobDefinition")
                    for text in call.texts("JobDefinitionName")
                )
            case ("ModelDataUrl" | "Image",):
                return NOTHING
            case _:
                return UNKNOWN

    def _results(self, machine: Machine, integration: str, result: Result) -> frozenset[str]:
        if integration == "aws-sdk:sagemaker:describeModelPackage":
            groups = self.groups(machine)
            match result.path:
                case (*_, "ModelDataUrl" | "Image" as name):
                    return self.version(groups, "InferenceSpecification", "Containers", name)
                case ("CustomerMetadataProperties", name):
                    return self.version(groups, "CustomerMetadataProperties", name)
                case _:
                    return UNKNOWN
        return self._own_results(machine, integration, result)

    def _note_key(self, value: object, place: Place) -> None:
        if isinstance(value, EncryptionKeyPlan):
            arn = key_arn(place, value.alias)
            self.keys[value.alias_arn] = Key(arn, value.alias, place)

    def _note_encrypted(self, unit: Unit) -> None:
        value, place = unit.value, unit.place
        key: Key | None = None
        match value:
            case DataBucketPlan():
                arn, key = place.bucket_arn(value.name), self.key(unit, value.encryption_key)
            case TopicPlan() | UndeliveredEventsPlan():
                arn, key = value.arn, self.key(unit, value.encryption_key_alias)
            case LockTablePlan():
                arn, key = value.arn, self.key(unit, value.encryption_key)
            case PipelinePlan(dead_letter_queue_name=str() as name):
                arn, key = place.arn("sqs", name), self.key(unit, value.encryption_key_alias)
            case _:
                return
        if key is not None:
            self.encrypted[arn] = key


def _owned(part: object, model: str | None) -> Iterator[tuple[object, str | None]]:
    """Yield every dataclass in a part of a plan with the model that the nearest one around it names."""
    if isinstance(part, list | tuple):
        for item in part:
            yield from _owned(item, model)
    elif isinstance(part, Mapping):
        yield from _owned(tuple(part.values()), model)
    elif is_dataclass(part) and not isinstance(part, type):
        own = getattr(part, "model", None)
        model = own if isinstance(own, str) else model
        yield part, model
        for member in fields(part):
            yield from _owned(getattr(part, member.name), model)


def _below(patterns: Any) -> frozenset[str]:
    found = frozenset(text if text.endswith("*") else f"{text}*" for text in patterns)
    return found or UNKNOWN
