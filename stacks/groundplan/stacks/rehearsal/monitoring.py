"""Watches endpoints: requests as ever, requests that have shifted, and what follows from that."""

import csv
import importlib.util
import json
import math
import sys
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from groundplan.blueprints.plan.alarms import AlarmPlan
from groundplan.blueprints.plan.context import MONITORING_IMAGE, Context
from groundplan.blueprints.plan.endpoint import VARIANT
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.stacks import ModelMonitoringPlan
from groundplan.stacks.rehearsal.day_zero import data_folder
from groundplan.stacks.rehearsal.report import Phase
from groundplan.stacks.rehearsal.training import LIMIT_SECONDS, POLL_SECONDS, execute
from groundplan.stacks.rehearsal.world import World

MISSING = (
    "Monitoring: its job, since Evidently is installed neither here nor in .venv-monitoring: run "
    "`make environments`"
)
MODEL_MONITOR = (
    "Model Monitor: its jobs, since they run in an image of AWS that nobody can pull; its schedules are "
    "deployed and compared"
)
ORDINARY_UNTIL = datetime.fromisoformat("2026-10-05T00:30:00+00:00")
SHIFTED_UNTIL = ORDINARY_UNTIL + timedelta(days=14)
ROWS = 600
ROWS_A_REQUEST = 20
DEVIATIONS = 2.0

Row = dict[str, str]


def find_python() -> Path | None:
    """Return a Python that has Evidently: this one, or that of ``make environments``."""
    if importlib.util.find_spec("evidently") is not None:
        return Path(sys.executable)
    for folder in (Path(sys.prefix).parent, Path.cwd()):
        found = folder / ".venv-monitoring" / "bin" / "python"
        if found.exists():
            return found
    return None


def interpreters(context: Context) -> dict[str, Path]:
    """Return the interpreter of the monitoring image, where there is one."""
    python = find_python()
    return {} if python is None else {context.repository(MONITORING_IMAGE): python}


def missing(world: World) -> tuple[str, ...]:
    """Return what cannot be rehearsed here, for the summary."""
    own = (MISSING,) if world.monitorings() and find_python() is None else ()
    closed = any(stack.model_monitor is not None for stack in world.endpoints())
    return (*own, *((MODEL_MONITOR,) if closed else ()))


def watch(world: World) -> Phase:
    """Run every monitoring pipeline on requests as in the held-out data: no alarm may go off."""
    if find_python() is None:
        return Phase(name="monitoring", detail=f"NOT REHEARSED: {MISSING}")
    problems, seen = [], []
    for place, model in world.monitorings():
        world.say(f"monitoring of {model.model}")
        _capture(world, place, model, _rows(world, model), ORDINARY_UNTIL)
        found, wrong = _check(world, place, model, "ordinary", ORDINARY_UNTIL)
        problems += wrong
        if found.get("drifted") is not False:
            problems.append(f"{model.pipeline.name}: must find no drift, got {_said(found)}")
        problems += [f"{alarm.name}: must not go off" for alarm in _alarming(world, place, model)]
        seen.append(f"{model.model}: {found.get('rows')} requests, no drift")
    return Phase(name="monitoring", detail="; ".join(seen), problems=tuple(problems))


def drift(world: World) -> Phase:
    """Shift the requests: an alarm must go off, and start training where that is wanted, once."""
    if find_python() is None:
        return Phase(name="drift", detail=f"NOT REHEARSED: {MISSING}")
    problems, seen = [], []
    for place, model in world.monitorings():
        world.say(f"drift of {model.model}")
        rows = _shifted(_rows(world, model))
        _capture(world, place, model, rows, SHIFTED_UNTIL)
        found, wrong = _check(world, place, model, "shifted", SHIFTED_UNTIL)
        problems += wrong
        alarms = _alarming(world, place, model)
        if not alarms:
            problems.append(f"{model.pipeline.name}: an alarm must go off, got {_said(found)}")
            continue
        reacted = _react(world, place, model, alarms)
        problems += reacted
        outcome = "people are told" if model.reaction is None else "training started once"
        names = ", ".join(alarm.metric for alarm in alarms)
        seen.append(f"{model.model}: {names}, {outcome}")
    return Phase(name="drift", detail="; ".join(seen), problems=tuple(problems))


def _rows(world: World, model: ModelMonitoringPlan) -> list[Row]:
    """Held-out rows, drawn again and again: what is asked is like what the model was judged on."""
    spec = next(item for item in world.spec.models if item.name == model.model)
    rows: list[Row] = []
    for path in sorted(
        (data_folder(world.spec_path, spec.training.dataset) / "test").glob("*.csv")
    ):
        with path.open(newline="", encoding="utf-8-sig") as stream:
            rows += csv.DictReader(stream)
    return Random(0).choices(rows, k=ROWS)


def _shifted(rows: Sequence[Row]) -> list[Row]:
    """The first column of many different numbers moved by some of its standard deviations."""
    for name in rows[0]:
        try:
            values = [float(row[name]) for row in rows if row[name]]
        except ValueError:
            continue
        if len(set(values)) > 20:
            mean = sum(values) / len(values)
            spread = math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))
            moved = DEVIATIONS * spread
            return [
                row | {name: f"{float(row[name]) + moved:.3f}" if row[name] else ""} for row in rows
            ]
    raise ValueError("no column of numbers to shift")


def _capture(
    world: World, place: Place, model: ModelMonitoringPlan, rows: Sequence[Row], until: datetime
) -> None:
    """Ask the endpoint, and leave requests and answers as data capture would."""
    environment = next(s for s in world.plan.stages if s.place == place and _holds(s, model)).id
    context = Context(world.spec)
    spec = next(item for item in world.spec.environments if item.name == environment)
    endpoint = context.endpoint_name(environment, model.model)
    moment = until.replace(hour=0, minute=0) - timedelta(minutes=30)
    lines = []
    for start in range(0, len(rows), ROWS_A_REQUEST):
        body = json.dumps({"instances": rows[start : start + ROWS_A_REQUEST]})
        answer = (
            world.client("sagemaker-runtime", place)
            .invoke_endpoint(EndpointName=endpoint, ContentType="application/json", Body=body)[
                "Body"
            ]
            .read()
        )
        sides = {"endpointInput": body, "endpointOutput": answer.decode()}
        captured = {
            side: {"observedContentType": "application/json", "encoding": "JSON", "data": data}
            for side, data in sides.items()
        }
        identity = {"eventId": f"{moment:%d}-{start}", "inferenceTime": moment.isoformat()}
        lines.append(json.dumps({"captureData": captured, "eventMetadata": identity}))
    world.client("s3", place).put_object(
        Bucket=context.work_bucket(spec),
        Key=f"{model.model}/capture/{endpoint}/{VARIANT}/{moment:%Y/%m/%d/%H}/30-00-000.jsonl",
        Body="\n".join(lines).encode(),
    )


def _holds(stage: Any, model: ModelMonitoringPlan) -> bool:
    return any(model in getattr(stack, "models", ()) for stack in stage.stacks)


def _check(
    world: World, place: Place, model: ModelMonitoringPlan, name: str, until: datetime
) -> tuple[dict[str, Any], list[str]]:
    """Run the pipeline on the period before ``until``; return its report, and what is wrong."""
    done = execute(world, place, model, name, json.dumps({"until": until.isoformat()}))
    found = done.output.get("report", {})
    if done.status != "SUCCEEDED" or not isinstance(found, dict):
        return {}, [f"{model.pipeline.name}: must succeed with a report, got {done} {found}"]
    missing = [
        alarm.metric
        for alarm in model.drift_alarms.alarms
        if alarm.metric in found["metrics"] and _published(world, place, alarm) is None
    ]
    return found, [f"{model.pipeline.name}: must publish {metric}" for metric in missing]


def _published(world: World, place: Place, alarm: AlarmPlan) -> float | None:
    """The greatest value that was published since the last call, as the alarm sees it."""
    cloudwatch = world.client("cloudwatch", place)
    now = datetime.now().astimezone()
    points = cloudwatch.get_metric_statistics(
        Namespace=alarm.namespace,
        MetricName=alarm.metric,
        Dimensions=[{"Name": k, "Value": v} for k, v in alarm.dimensions.items()],
        StartTime=now - timedelta(days=400),
        EndTime=now + timedelta(days=400),
        Period=400 * 86_400,
        Statistics=[alarm.statistic],
    )["Datapoints"]
    return max((point[alarm.statistic] for point in points), default=None)


def _alarming(world: World, place: Place, model: ModelMonitoringPlan) -> list[AlarmPlan]:
    """The alarms whose metric is beyond their threshold."""
    return [
        alarm
        for alarm in model.drift_alarms.alarms
        if (_published(world, place, alarm) or 0) >= alarm.threshold
    ]


def _react(
    world: World, place: Place, model: ModelMonitoringPlan, alarms: Sequence[AlarmPlan]
) -> list[str]:
    """Set the alarms off, twice: training must start after the first time only."""
    if model.reaction is None:
        return []
    problems = []
    training_place, trained = next(
        (where, item) for where, item in world.trainings() if item.model == model.model
    )
    reaction, training = model.reaction.pipeline, trained.pipeline
    before = len(_executions(world, training_place, training.arn))
    for time_ in ("first", "second"):
        seen = len(_executions(world, place, reaction.arn))
        for alarm in alarms:
            _set_alarm(world, place, alarm, "OK")
            _set_alarm(world, place, alarm, "ALARM")
        reactions = _settled(world, place, reaction.arn, seen + len(alarms))
        if len(reactions) != seen + len(alarms) or {*reactions} != {"SUCCEEDED"}:
            problems.append(f"{reaction.name}: must succeed for each alarm, got {reactions}")
        trainings = _settled(world, training_place, training.arn, before + 1)
        started = trainings[: len(trainings) - before]
        if started != ["SUCCEEDED"]:
            problems.append(
                f"{training.name}: drift must have trained once after the {time_} alarm, "
                f"got {started}"
            )
    return problems


def _set_alarm(world: World, place: Place, alarm: AlarmPlan, state: str) -> None:
    world.client("cloudwatch", place).set_alarm_state(
        AlarmName=alarm.name, StateValue=state, StateReason="the metric of the rehearsal"
    )


def _executions(world: World, place: Place, machine: str) -> list[dict[str, Any]]:
    """All executions of a state machine, the newest first."""
    listed = world.client("stepfunctions", place).list_executions(stateMachineArn=machine)
    return sorted(listed["executions"], key=lambda item: item["startDate"], reverse=True)


def _settled(world: World, place: Place, machine: str, count: int) -> list[str]:
    """Wait for ``count`` executions that have all ended, and return how, the newest first."""
    statuses: list[str] = []
    for _ in range(round(LIMIT_SECONDS / POLL_SECONDS)):
        statuses = [str(item["status"]) for item in _executions(world, place, machine)]
        if len(statuses) >= count and "RUNNING" not in statuses:
            break
        time.sleep(POLL_SECONDS)
    return statuses


def _said(found: dict[str, Any]) -> str:
    checks = found.get("checks", {})
    return ", ".join(f"{name} {item.get('status')}" for name, item in checks.items()) or "nothing"
