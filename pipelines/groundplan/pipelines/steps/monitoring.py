"""Steps that only monitoring has."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from groundplan.pipelines.steps.base import Step
from groundplan.pipelines.values import Kind, Text

Period = Literal["hour", "day", "week"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureWindow(Step):
    """Finds the objects of the last whole period before ``until``, less ``delay_days``.

    Objects lie below ``uri`` by the time of their request, as data capture of an endpoint writes
    them: ``yyyy/mm/dd/hh/``, in UTC. ``objects`` is the number of URIs below which there is any, out
    of ``uri_0`` and ``uri_1``; the others are ``fallback``, since a job's input must exist. An hour
    and a day have one URI, a week those of the two months that it touches: its reader keeps to
    ``begin`` and ``end``. Without a period it is all that lies below ``uri``. An empty ``fallback``
    ends the execution with ``NoBaseline``.
    """

    OUTPUTS: ClassVar[Mapping[str, Kind]] = {
        "objects": "number",
        "begin": "text",
        "end": "text",
        "uri_0": "text",
        "uri_1": "text",
    }

    uri: str
    period: Period | None
    until: Text
    delay_days: int = 0
    fallback: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoringOutcome(Step):
    """Reads how the last run of a schedule of Model Monitor ended.

    ``finished`` is 1 if a run of the last ``max_age_seconds`` has checked anything; then
    ``data_drift`` is 1 if it found violations, else 0. A run that failed fails the step, unless there
    was no request to check.
    """

    OUTPUTS: ClassVar[Mapping[str, Kind]] = {
        "status": "text",
        "finished": "number",
        "data_drift": "number",
    }

    schedule_name: str
    max_age_seconds: int
