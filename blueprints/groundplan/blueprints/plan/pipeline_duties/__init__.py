"""What the role of a state machine may do: exactly what the steps of its pipeline do.

One function a kind of step gives its duties from its own fields; steps that need the same share a
statement.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.plan.pipeline_duties import (
    batch,
    data,
    gates,
    jobs,
    monitoring,
    release,
    service_calls,
    services,
    update,
)
from groundplan.blueprints.plan.pipeline_duties.facts import PipelineFacts
from groundplan.blueprints.plan.pipeline_duties.lookups import alternatives
from groundplan.blueprints.plan.role import Duty
from groundplan.pipelines import Pipeline, steps
from groundplan.pipelines.steps import Step

__all__ = ["DUTIES", "PipelineFacts", "pipeline_duties"]

MOST_RESOURCES = 40
"""Most resources of one statement, so that it fits a policy with the longest names."""

StepDuties = Callable[[Any, PipelineFacts], tuple[Duty, ...]]

DUTIES: Mapping[type[Step], StepDuties] = MappingProxyType(
    {
        steps.CaptureWindow: data.capture_window,
        steps.BatchScoring: batch.batch_scoring,
        steps.BatchTransform: batch.batch_transform,
        steps.AcquireLock: release.acquire_lock,
        steps.Approval: release.approval,
        steps.Bake: release.bake,
        steps.ChampionGate: gates.nothing,
        steps.CollectGarbage: release.collect_garbage,
        steps.DeployVersion: release.deploy_version,
        steps.EmitEvent: services.emit_event,
        steps.FairnessGate: gates.nothing,
        steps.FindChampion: data.find_champion,
        steps.FindModel: data.find_model,
        steps.Fingerprint: gates.nothing,
        steps.Lookup: gates.nothing,
        steps.MetricGate: gates.nothing,
        steps.MonitoringOutcome: monitoring.monitoring_outcome,
        steps.Notify: services.notify,
        steps.ProcessingJob: jobs.processing,
        steps.PublishMetrics: services.publish_metrics,
        steps.QualityGate: gates.nothing,
        steps.QuietDataset: data.read_versions,
        steps.ReadEndpoint: release.read_endpoint,
        steps.ReadModel: data.read_model,
        steps.RecordModel: data.record_model,
        steps.RegisterModel: services.register,
        steps.ReleaseLock: release.release_lock,
        steps.RepairStack: release.repair_stack,
        steps.ResolveDataset: data.read_versions,
        steps.ResolveImage: data.resolve_image,
        steps.ScoringTarget: batch.scoring_target,
        steps.SkewTest: release.skew_test,
        steps.ServiceCall: service_calls.service_call,
        steps.TrainingJob: jobs.training,
        steps.TuningJob: jobs.tuning,
        steps.UpdateEndpoint: update.update_endpoint,
        steps.WriteManifest: batch.write_manifest,
    }
)
"""The function that gives the duties of a kind of step."""


def pipeline_duties(pipeline: Pipeline, facts: PipelineFacts) -> tuple[Duty, ...]:
    """Return what the state machine of ``pipeline`` has to do, steps on failure included.

    Duties of one id and one condition become one; where conditions differ, ids are numbered. What
    another duty allows as well is left out.

    Raises:
        PlanError: If a step is of a kind that has no duties here, or names nothing that a role could
            be limited to.
    """
    merged: dict[tuple[str, str], Duty] = {}
    for step in _read(pipeline):
        duties = DUTIES.get(type(step))
        if duties is None:
            raise PlanError(
                f"{facts.spec_path}: steps[{step.id}]",
                "no role can be derived for a step of this kind",
                got=type(step).__name__,
                fix=f"use one of {', '.join(sorted(kind.__name__ for kind in DUTIES))}",
            )
        for duty in duties(step, facts):
            key = (duty.id, _text(duty))
            known = merged.get(key)
            merged[key] = duty if known is None else _joined(known, duty)
    return tuple(_numbered(_once(list(merged.values()))))


def _read(pipeline: Pipeline) -> Iterator[Step]:
    """Yield every step, with what look-ups give it."""
    for step in (*pipeline.steps, *pipeline.on_failure):
        yield from alternatives(step, pipeline)


def _text(duty: Duty) -> str:
    """Return what two duties must have in common to become one."""
    condition = {operator: dict(keys) for operator, keys in duty.condition.items()}
    return json.dumps([condition, list(duty.actions)], sort_keys=True)


def _once(duties: list[Duty]) -> list[Duty]:
    """Return duties without the actions that another one has on the same resources."""
    found: list[Duty] = []
    for position, duty in enumerate(duties):
        others = [*found, *duties[position + 1 :]]
        actions = tuple(item for item in duty.actions if not _held(item, duty, others))
        if actions:
            found.append(replace(duty, actions=actions))
    return found


def _held(action: str, duty: Duty, others: Iterable[Duty]) -> bool:
    return any(
        action in other.actions
        and set(duty.resources) <= set(other.resources)
        and duty.condition == other.condition
        for other in others
    )


def _joined(one: Duty, other: Duty) -> Duty:
    return replace(
        one,
        resources=tuple(dict.fromkeys((*one.resources, *other.resources))),
        wildcard=one.wildcard or other.wildcard,
    )


def _numbered(duties: list[Duty]) -> list[Duty]:
    """Return duties with ids of their own, none too long for a policy."""
    seen: dict[str, int] = {}
    found = []
    for duty in duties:
        for start in range(0, len(duty.resources), MOST_RESOURCES):
            seen[duty.id] = number = seen.get(duty.id, 0) + 1
            found.append(
                replace(
                    duty,
                    id=duty.id if number == 1 else f"{duty.id}{number}",
                    resources=duty.resources[start : start + MOST_RESOURCES],
                )
            )
    return found
