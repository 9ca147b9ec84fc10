"""Schedules of Model Monitor, which moto lacks. They are kept; nothing runs by them.

An endpoint must exist for as long as it has a schedule, so that no stack relies on another order.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.sagemaker.exceptions import AWSValidationException, ResourceNotFound

from groundplan.stacks.rehearsal.emulator.clock import CLOCK
from groundplan.stacks.rehearsal.emulator.jobs.constraints import check


@dataclass
class Schedule:
    """One schedule, and a summary of its last run where a test has set one."""

    arn: str
    name: str
    config: dict[str, Any]
    tags: list[dict[str, str]]
    created: datetime
    modified: datetime
    last_run: dict[str, Any] | None = None

    @property
    def endpoint(self) -> str:
        """Name of the endpoint that it watches."""
        job = self.config["MonitoringJobDefinition"]
        return str(job["MonitoringInputs"][0]["EndpointInput"]["EndpointName"])


def schedules(backend: Any) -> dict[str, Schedule]:
    """Return the schedules of an account and region by name."""
    found: dict[str, Schedule] = backend.__dict__.setdefault("monitoring_schedules", {})
    return found


def find(backend: Any, arn: str) -> Schedule | None:
    """Return the schedule of an ARN, or nothing."""
    return next((item for item in schedules(backend).values() if item.arn == arn), None)


def refuse_watched(backend: Any, endpoint: str) -> None:
    """Refuse to delete an endpoint that a schedule watches.

    Raises:
        AWSValidationException: If one does.
    """
    for schedule in schedules(backend).values():
        if schedule.endpoint == endpoint:
            raise AWSValidationException(
                f"Cannot delete Endpoint {endpoint} with the monitoring schedule {schedule.name}."
            )


def operations() -> dict[str, Any]:
    """Return the operations by the names that moto calls them."""
    return {
        "create_monitoring_schedule": _create,
        "delete_monitoring_schedule": _delete,
        "describe_monitoring_schedule": _describe,
        "update_monitoring_schedule": _update,
    }


def _create(self: Any) -> ActionResult:
    check("CreateMonitoringSchedule", self.params)
    backend, name = self.sagemaker_backend, self._get_param("MonitoringScheduleName")
    if name in schedules(backend):
        raise AWSValidationException(f'Monitoring Schedule "{name}" already exists.')
    now = CLOCK.now()
    schedule = Schedule(
        arn=f"arn:aws:sagemaker:{backend.region_name}:{backend.account_id}:monitoring-schedule/{name}",
        name=name,
        config=self._get_param("MonitoringScheduleConfig"),
        tags=self._get_param("Tags") or [],
        created=now,
        modified=now,
    )
    _check_endpoint(backend, schedule)
    schedules(backend)[name] = schedule
    return ActionResult({"MonitoringScheduleArn": schedule.arn})


def _update(self: Any) -> ActionResult:
    check("UpdateMonitoringSchedule", self.params)
    schedule = _named(self)
    schedule.config = self._get_param("MonitoringScheduleConfig")
    _check_endpoint(self.sagemaker_backend, schedule)
    return ActionResult({"MonitoringScheduleArn": schedule.arn})


def _describe(self: Any) -> ActionResult:
    schedule = _named(self)
    shown: dict[str, Any] = {
        "MonitoringScheduleArn": schedule.arn,
        "MonitoringScheduleName": schedule.name,
        "MonitoringScheduleStatus": "Scheduled",
        "MonitoringType": schedule.config.get("MonitoringType", "DataQuality"),
        "CreationTime": schedule.created,
        "LastModifiedTime": schedule.modified,
        "MonitoringScheduleConfig": schedule.config,
        "EndpointName": schedule.endpoint,
    }
    if schedule.last_run is not None:
        shown["LastMonitoringExecutionSummary"] = schedule.last_run
    return ActionResult(shown)


def _delete(self: Any) -> EmptyResult:
    del schedules(self.sagemaker_backend)[_named(self).name]
    return EmptyResult()


def _named(self: Any) -> Schedule:
    name = self._get_param("MonitoringScheduleName")
    found = schedules(self.sagemaker_backend).get(name)
    if found is None:
        raise ResourceNotFound(message=f"Could not find Monitoring Schedule {name}.")
    return found


def _check_endpoint(backend: Any, schedule: Schedule) -> None:
    if schedule.endpoint not in backend.endpoints:
        raise AWSValidationException(f"Could not find endpoint {schedule.endpoint}.")
