"""What the job is asked to do."""

import json
from dataclasses import dataclass, field, fields
from typing import Any

from .errors import MonitorError


@dataclass(frozen=True)
class Options:
    """The job's options; their names are the keys of its JSON argument.

    Attributes:
        checks: What is checked.
        significance: Share of false alarms that a check may have.
        drifted_share: Share of the columns that must have drifted for data drift.
        min_rows: Rows on either side below which nothing is decided.
        ignore: Columns that may change.
        label: Column of the baseline with the label.
        labels: Names of the two columns of label files: the request's id, and the label.
        prediction: Key of the prediction that the label is compared with, where it is an object.
        positive: Label that counts as positive.
        threshold: Probability from which on an answer is positive.
        fairness: Greatest gap by measure, by facet.
    """

    checks: tuple[str, ...] = ("data_drift", "prediction_drift")
    significance: float = 0.01
    drifted_share: float = 0.05
    min_rows: int = 100
    ignore: tuple[str, ...] = ()
    label: str | None = None
    labels: tuple[str, str] = ("inference_id", "label")
    prediction: str | None = None
    positive: str = "1"
    threshold: float = 0.5
    fairness: dict[str, dict[str, float]] = field(default_factory=dict)


def parse_options(text: str) -> Options:
    """The options in a JSON object.

    Raises:
        MonitorError: If there is one that the job does not know.
    """
    given: dict[str, Any] = json.loads(text)
    known = {item.name for item in fields(Options)}
    if unknown := sorted(given.keys() - known):
        raise MonitorError(
            f"--options: unknown {', '.join(unknown)}; use {', '.join(sorted(known))}"
        )
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in given.items()
    }
    return Options(**values)
