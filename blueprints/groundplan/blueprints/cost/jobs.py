"""What the jobs of an environment use: training, its checks, monitoring, batch scoring."""

import json
from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from groundplan.blueprints.cost.collect import Collector
from groundplan.blueprints.cost.lines import HOURS_PER_MONTH, Kind
from groundplan.blueprints.cost.runs import Runs, runs_of
from groundplan.blueprints.cost.usage import Hours
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.pipeline import PipelinePlan
from groundplan.blueprints.plan.scoring import DEFAULT_INSTANCE
from groundplan.blueprints.plan.sizing.clock import HOURS_PER_WEEK
from groundplan.blueprints.plan.stacks import ModelTrainingPlan
from groundplan.blueprints.spec import (
    BatchServing,
    EnvironmentSpec,
    ModelSpec,
    ModelUsageSpec,
    MonitoringSpec,
    ProjectSpec,
)
from groundplan.blueprints.spec.rules.batch import DEFAULT_VCPUS

STANDARD_JOBS = ("quality", "evaluate")
"""Processing jobs of every training run."""
RECORDING_HOURS = 0.25
"""Longest time of the job that records a run."""

Amount = tuple[Hours, Hours, bool]
"""Hours by clock hour that are certain, those at most, and whether the hours of the week are known."""


def usage_of(spec: ProjectSpec, model: ModelSpec) -> ModelUsageSpec:
    """Return what the spec says about how much a model uses."""
    said = spec.cost.usage.get(model.name) if spec.cost is not None else None
    return said if said is not None else ModelUsageSpec()


def add_training(
    bill: Collector,
    spec: ProjectSpec,
    environment: EnvironmentSpec,
    place: Place,
    model: ModelSpec,
    planned: ModelTrainingPlan,
) -> None:
    """Add the training of a model: its jobs, their volumes, the checks, and state transitions.

    A scheduled run trains only if data or code has changed, so that schedules bound the runs; what
    ``cost.usage`` says is taken as it is. Rungs of the ladder beyond the first are not foreseen.
    """
    usage, training = usage_of(spec, model), model.training
    scheduled = runs_of(planned.pipeline.schedules)
    stated = usage.training_runs_per_month
    if scheduled is None and stated is None:
        bill.skip(
            environment.name,
            f"{model.name}: training and its checks",
            "no schedule says how often; say it in "
            f"cost.usage.{model.name}.training_runs_per_month",
        )
        return
    runs = scheduled or Runs(per_month=stated or 0, minutes=None)
    own = environment.overrides.models.get(model.name)
    count = (own.training_instance_count if own else None) or training.instance_count
    jobs = training.tuning.max_jobs if training.tuning is not None else 1
    first = planned.training.ladder[0]
    share = usage.on_demand_share
    if share is None or training.spot is None:
        share = 0.0 if training.spot is not None else 1.0
    times = f"{jobs} jobs of a tuning" if training.tuning is not None else "training"
    what = f"{model.name}: {times}, {count} {first.instance_type}"
    saving = spec.cost.assumed_spot_saving if spec.cost is not None else None
    amount = _amount(runs, stated, usage.training_hours, training.max_runtime_hours)
    for kind, part in (("training", share), ("spot_training", 1 - share)):
        if not part:
            continue
        hours, most, steady = _times(amount, part * count * jobs)
        named: Kind = "training" if kind == "training" else "spot_training"
        bill.instances(
            environment.name,
            place,
            f"{model.name}/{kind.replace('_', '-')}",
            named,
            what if named == "training" else f"{what}, spare capacity",
            component="training",
            instance_type=first.instance_type,
            hours=hours,
            hours_most=most,
            steady=steady,
            spot_saving=None if saving is None else Decimal(str(saving)),
        )
    hours, most, _ = _times(amount, count * jobs)
    _volume(
        bill, environment, place, f"{model.name}/training-volume",
        f"{model.name}: {training.volume_gib} GiB for each training instance",
        training.volume_gib, hours, most, "ebs:ml_gp2_gib_month",
    )  # fmt: skip
    _checks(bill, spec, environment, place, model, runs, stated, usage)
    _transitions(bill, environment, place, model, "training", planned.pipeline, runs, stated)


def _checks(
    bill: Collector,
    spec: ProjectSpec,
    environment: EnvironmentSpec,
    place: Place,
    model: ModelSpec,
    runs: Runs,
    stated: float | None,
    usage: ModelUsageSpec,
) -> None:
    steps = [step for step in spec.pipelines.steps if step.model in ("all", model.name)]
    standard = len(STANDARD_JOBS) - sum(step.replaces is not None for step in steps)
    evaluation = model.evaluation
    jobs = [
        (
            "checks",
            "data-quality check and evaluation",
            evaluation.instance,
            evaluation.volume_gib,
            usage.evaluation_hours,
            standard * evaluation.max_runtime_hours,
        ),
        *(
            [("tracking", "recording runs in MLflow", evaluation.instance, evaluation.volume_gib,
              None, RECORDING_HOURS)]
            if spec.tracking.mlflow != "none"
            else []
        ),
        *(
            (step.name, f"step {step.name}", step.instance, step.volume_gib, None,
             step.max_runtime_hours)
            for step in steps
        ),
    ]  # fmt: skip
    for name, what, instance, gib, known, longest in jobs:
        if longest:
            _processing(
                bill, environment, place, f"{model.name}/{name}", "processing",
                f"{model.name}: {what}", instance, gib, _amount(runs, stated, known, longest),
            )  # fmt: skip


def add_monitoring(
    bill: Collector,
    spec: ProjectSpec,
    environment: EnvironmentSpec,
    place: Place,
    model: ModelSpec,
    monitoring: MonitoringSpec,
    pipeline: PipelinePlan,
) -> None:
    """Add the monitoring job of an endpoint and its state transitions."""
    runs = runs_of(pipeline.schedules)
    if runs is None:
        return
    hours = usage_of(spec, model).monitoring_hours
    amount = _amount(runs, runs.per_month, hours, monitoring.max_runtime_hours)
    _processing(
        bill, environment, place, f"{model.name}/monitoring", "monitoring",
        f"{model.name}: {monitoring.schedule} monitoring", monitoring.instance, 30, amount,
    )  # fmt: skip
    _transitions(bill, environment, place, model, "monitoring", pipeline, runs, runs.per_month)


def add_scoring(
    bill: Collector,
    spec: ProjectSpec,
    environment: EnvironmentSpec,
    place: Place,
    model: ModelSpec,
    pipeline: PipelinePlan,
) -> None:
    """Add batch scoring: batch transform, or vCPU-hours of AWS Batch, whose price is not known."""
    serving = model.serving
    if not isinstance(serving, BatchServing):
        return
    runs = runs_of(pipeline.schedules)
    if runs is None:
        bill.skip(environment.name, f"{model.name}: batch scoring", "it is only started by hand")
        return
    hours, most, steady = _amount(
        runs, runs.per_month, usage_of(spec, model).scoring_hours, serving.max_runtime_hours
    )
    if serving.prefer == "cost":
        vcpus = serving.vcpus or DEFAULT_VCPUS
        bill.add(
            environment.name, place, f"{model.name}/scoring", "scoring",
            f"{model.name}: batch scoring, {vcpus} vCPUs of Fargate Spot", "vCPU-hour",
            (_month(hours) * vcpus, _month(most) * vcpus), None,
        )  # fmt: skip
    else:
        count, instance = serving.instance_count or 1, serving.instance or DEFAULT_INSTANCE
        bill.instances(
            environment.name,
            place,
            f"{model.name}/scoring",
            "scoring",
            f"{model.name}: batch transform, {count} {instance}",
            component="batch_transform",
            instance_type=instance,
            hours=hours * count,
            hours_most=most * count,
            steady=steady,
        )
    _transitions(bill, environment, place, model, "scoring", pipeline, runs, runs.per_month)


def _processing(
    bill: Collector,
    environment: EnvironmentSpec,
    place: Place,
    name: str,
    kind: Kind,
    what: str,
    instance: str,
    gib: int,
    amount: Amount,
) -> None:
    hours, most, steady = amount
    bill.instances(
        environment.name,
        place,
        name,
        kind,
        f"{what}, 1 {instance}",
        component="processing",
        instance_type=instance,
        hours=hours,
        hours_most=most,
        steady=steady,
    )
    _volume(
        bill, environment, place, f"{name}-volume", f"{what}, {gib} GiB", gib, hours, most,
        "ebs:ml_processing_gib_month",
    )  # fmt: skip


def _volume(
    bill: Collector,
    environment: EnvironmentSpec,
    place: Place,
    name: str,
    what: str,
    gib: int,
    hours: Hours,
    most: Hours,
    priced: str,
) -> None:
    """Add volumes, which are paid while their instance runs."""
    each = Decimal(gib) / HOURS_PER_MONTH
    bill.service(
        environment.name, place, name, "volume", what, "GiB-month",
        _month(most) * each, priced, least=_month(hours) * each,
    )  # fmt: skip


def _transitions(
    bill: Collector,
    environment: EnvironmentSpec,
    place: Place,
    model: ModelSpec,
    purpose: str,
    pipeline: PipelinePlan,
    runs: Runs,
    stated: float | None,
) -> None:
    """Add state transitions: every state of the machine once in a run.

    A run takes one branch of each choice, and some states again while it waits for a job, so that
    this is an estimate; a transition costs some thousandths of a cent.
    """
    states = count_states(json.loads(pipeline.definition))
    per_month = runs.per_month if stated is None else stated
    bill.service(
        environment.name, place, f"{model.name}/{purpose}-transitions", "transitions",
        f"{model.name}: {purpose} pipeline, about {states} state transitions a run", "transition",
        per_month * states, "states:transition", least=0 if stated is None else None,
    )  # fmt: skip


def count_states(machine: object) -> int:
    """Return the number of states of an Amazon States Language document, nested ones included."""
    if isinstance(machine, dict):
        states = machine.get("States")
        own = len(states) if isinstance(states, dict) else 0
        return own + sum(count_states(value) for value in machine.values())
    if isinstance(machine, list):
        return sum(count_states(value) for value in machine)
    return 0


def _amount(runs: Runs, stated: float | None, hours: float | None, longest: float) -> Amount:
    """Return the hours of runs, of which the number or the length may only be bounded."""
    known = 0.0 if hours is None else hours
    bound = longest if hours is None else hours
    scale = 1.0 if stated is None else (stated / runs.per_month if runs.per_month else 0.0)
    most = runs.occupied(bound) * scale
    least = np.zeros(HOURS_PER_WEEK) if stated is None else runs.occupied(known) * scale
    return least, most, runs.minutes is not None


def _times(amount: Amount, factor: float) -> Amount:
    hours, most, steady = amount
    return hours * factor, most * factor, steady


def _month(hours: Sequence[float] | Hours) -> Decimal:
    return Decimal(str(float(np.sum(hours)))) * HOURS_PER_MONTH / HOURS_PER_WEEK
