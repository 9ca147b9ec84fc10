"""Jobs, models and endpoints: where they attach, and what their containers can reach."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from groundplan.blueprints.plan.batch_capacity import BatchCapacityPlan
from groundplan.blueprints.plan.context import Context
from groundplan.blueprints.plan.endpoint import EndpointPlan
from groundplan.blueprints.plan.monitoring_schedule import MonitoringSchedulePlan
from groundplan.blueprints.plan.network import NetworkAttachment, NetworkPlan
from groundplan.blueprints.plan.ref import Ref
from groundplan.blueprints.plan.stacks import NetworkStackPlan, StagePlan
from groundplan.blueprints.prove.claim import Case, Finding
from groundplan.blueprints.prove.machine_tasks import Task, tasks
from groundplan.blueprints.prove.parts import every
from groundplan.blueprints.spec import EnvironmentSpec, ExistingNetwork, IsolatedNetwork

JOBS = {
    "sagemaker:createTrainingJob": ("",),
    "sagemaker:createHyperParameterTuningJob": ("TrainingJobDefinition",),
    "sagemaker:createProcessingJob": ("NetworkConfig",),
    "sagemaker:createModel": ("",),
}
"""Calls that make containers, and the part of the request that says how they are connected. A transform
runs the containers of its model (SageMaker API Reference, 2026-11-21)."""
SINGLE = ("sagemaker:createModel",)
"""Calls of containers that are one instance each, between which there is nothing to encrypt."""
NO_PUBLIC_ADDRESS = "DISABLED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Where the spec wants the containers of an environment."""

    environment: EnvironmentSpec
    mode: str
    """``isolated``, ``existing`` or ``none``."""

    subnets: tuple[Ref | str, ...]
    groups: tuple[Ref | str, ...]
    recorders: frozenset[str] = frozenset()
    """Roles of jobs that record runs in MLflow, the only ones with a network in their containers."""


def expected(case: Case) -> Iterator[tuple[StagePlan, Expected]]:
    """Yield each environment's stage with what the spec wants of it."""
    context = Context(case.spec)
    stages = {stage.id: stage for stage in case.plan.stages}
    for environment in case.spec.environments:
        network, stage = context.network(environment), stages[environment.name]
        subnets: tuple[Ref | str, ...] = ()
        groups: tuple[Ref | str, ...] = ()
        if isinstance(network, ExistingNetwork):
            subnets, groups = network.subnet_ids, network.security_group_ids
        elif isinstance(network, IsolatedNetwork):
            for made in every(stage, NetworkPlan):
                subnets, groups = made.subnet_ids, made.security_group_ids
        yield (
            stage,
            Expected(
                environment=environment,
                mode=network.mode,
                subnets=subnets,
                groups=groups,
                recorders=frozenset(_recorders(context, environment)),
            ),
        )


def _recorders(context: Context, environment: EnvironmentSpec) -> Iterator[str]:
    if environment is context.training and context.spec.tracking.mlflow != "none":
        place = context.place(environment.account)
        for model in context.spec.models:
            yield context.role_arn(place, environment.name, model.name, "tracking")


def attached(case: Case) -> Iterator[tuple[str, tuple[Finding, ...]]]:
    """Yield everything that runs containers, by its kind, with what is wrong with it."""
    by_scope = {stage.id: (stage, wanted) for stage, wanted in expected(case)}
    for stage, wanted in by_scope.values():
        yield from _units(stage, wanted)
    for task in tasks(case.plan):
        if task.scope in by_scope:
            wanted = by_scope[task.scope][1]
            if task.call in JOBS and task.arguments.get("RoleArn") in wanted.recorders:
                outside = case.spec.tracking.allow_internet
                yield "recording job", tuple(_job(task, wanted, recorder=True, outside=outside))
            elif task.call in JOBS:
                yield "job", tuple(_job(task, wanted))
            elif task.call == "batch:registerJobDefinition":
                yield "job", tuple(_batch(task))


def _units(stage: StagePlan, wanted: Expected) -> Iterator[tuple[str, tuple[Finding, ...]]]:
    for endpoint in every(stage, EndpointPlan):
        yield "endpoint", tuple(_attachment(endpoint.name, endpoint.network, wanted))
    for schedule in every(stage, MonitoringSchedulePlan):
        yield "monitoring schedule", tuple(_attachment(schedule.name, schedule.network, wanted))
    for capacity in every(stage, BatchCapacityPlan):
        own = NetworkAttachment(
            subnet_ids=capacity.subnet_ids, security_group_ids=capacity.security_group_ids
        )
        name = capacity.compute_environment
        yield "compute environment", tuple(_attachment(name, own, wanted))
    made = any(isinstance(stack, NetworkStackPlan) for stack in stage.stacks)
    if made != (wanted.mode == "isolated"):
        yield (
            "network",
            (
                _finding(
                    stage.id,
                    "network",
                    f"the spec asks for mode {wanted.mode}, and the stage makes "
                    f"{'a network' if made else 'none'}",
                    "plan the network that the spec asks for",
                ),
            ),
        )


def _attachment(name: str, own: NetworkAttachment, wanted: Expected) -> Iterator[Finding]:
    if own.subnet_ids != wanted.subnets or own.security_group_ids != wanted.groups:
        yield _finding(
            name,
            "network",
            f"attaches to {_words(own.subnet_ids)} with {_words(own.security_group_ids)}, where "
            f"{wanted.environment.name}'s network is {_words(wanted.subnets)} with "
            f"{_words(wanted.groups)}",
            "attach it to the environment's network",
        )


def _words(ids: tuple[Ref | str, ...]) -> str:
    return ", ".join(map(str, ids)) or "nothing"


def _job(
    task: Task, wanted: Expected, *, recorder: bool = False, outside: bool = False
) -> Iterator[Finding]:
    request: Any = task.arguments
    for name in JOBS[task.call]:
        request = request.get(name, {}) if name and isinstance(request, Mapping) else request
    if not isinstance(request, Mapping):
        request = {}
    if not recorder and request.get("EnableNetworkIsolation") is not True:
        yield _finding(
            task.machine.arn,
            task.where,
            "its containers are not isolated: EnableNetworkIsolation is "
            f"{request.get('EnableNetworkIsolation')}",
            "set EnableNetworkIsolation to true",
        )
    encrypted = request.get("EnableInterContainerTrafficEncryption")
    if task.call not in SINGLE and encrypted is not True:
        yield _finding(
            task.machine.arn,
            task.where,
            "traffic between its containers is not encrypted: "
            f"EnableInterContainerTrafficEncryption is {encrypted}",
            "set EnableInterContainerTrafficEncryption to true",
        )
    vpc = request.get("VpcConfig", {})
    substitutions = {f"${{{name}}}": ref for name, ref in task.machine.substitutions}
    own = NetworkAttachment(
        subnet_ids=tuple(substitutions.get(item, item) for item in vpc.get("Subnets", ())),
        security_group_ids=tuple(
            substitutions.get(item, item) for item in vpc.get("SecurityGroupIds", ())
        ),
    )
    if outside:
        wanted = replace(wanted, subnets=(), groups=())
    yield from _attachment(task.where, own, wanted)


def _batch(task: Task) -> Iterator[Finding]:
    properties = task.arguments.get("ContainerProperties", {})
    public = properties.get("NetworkConfiguration", {}).get("AssignPublicIp")
    if public != NO_PUBLIC_ADDRESS:
        yield _finding(
            task.machine.arn,
            task.where,
            f"its containers may have a public address: AssignPublicIp is {public}",
            "set AssignPublicIp to DISABLED",
        )


def _finding(subject: str, where: str, problem: str, fix: str) -> Finding:
    return Finding(subject=subject, where=where, problem=problem, fix=fix)
