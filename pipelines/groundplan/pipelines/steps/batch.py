"""Steps around batch scoring: which version scores and where to, and the record of what it did."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from groundplan.pipelines.steps.base import Step
from groundplan.pipelines.values import Kind, NumberOutput, Text, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoringTarget(Step):
    """Reads the version that is about to score: its number, image and artefact.

    ``trained_on`` is the version of the data that it was trained on, or an empty text.
    ``folder`` is where its predictions go, ``dt=DATE/version=NUMBER/``; the date is that of the
    execution's start, in UTC.
    """

    OUTPUTS: ClassVar[Mapping[str, Kind]] = {
        "version": "text",
        "image": "text",
        "artifact_uri": "text",
        "folder": "text",
        "trained_on": "text",
    }

    model_package_arn: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteManifest(Step):
    """Counts the predictions below ``output_uri`` and writes ``manifest.json`` there.

    Predictions are objects whose names end in ``.out``. Fewer than ``expected`` end the execution
    with ``PredictionsMissing``. The manifest holds ``facts`` and the number of predictions.
    """

    OUTPUTS: ClassVar[Mapping[str, Kind]] = {"manifest_uri": "text", "predictions": "number"}

    output_uri: Text
    expected: NumberOutput
    facts: tuple[tuple[str, Value], ...]
