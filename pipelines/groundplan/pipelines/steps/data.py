"""Steps that find out what a run is about to use, and whether it was used before."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from groundplan.pipelines.steps.base import Step
from groundplan.pipelines.values import Kind, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveImage(Step):
    """Finds the newest tagged image of a repository and names it by its digest."""

    OUTPUTS: ClassVar[Mapping[str, Kind]] = {"digest": "text", "uri": "text"}

    registry_account: str
    registry_host: str
    repository: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveDataset(Step):
    """Derives one version from the keys, versions and tags of every current object of a prefix.

    With ``releases_uri`` only a released version will do: whoever releases leaves an object
    ``VERSION/NAME`` there, and ``release`` is its name. Without one the execution ends with
    ``DatasetNotReleased``. With ``expected`` another version than that ends it with ``DatasetChanged``.
    """

    OUTPUTS: ClassVar[Mapping[str, Kind]] = {"version": "text", "objects": "number"}

    uri: str
    releases_uri: str | None = None
    expected: Text | None = None

    def outputs(self) -> Mapping[str, Kind]:
        """The version and the number of objects, and the release where one is asked for."""
        return self.OUTPUTS if self.releases_uri is None else {**self.OUTPUTS, "release": "text"}


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietDataset(Step):
    """Waits until a prefix has not changed for ``quiet_seconds``, at most ``max_wait_seconds``.

    The version is that of `ResolveDataset`. A dataset that never rests ends the execution with
    ``NeverQuiet``.
    """

    OUTPUTS: ClassVar[Mapping[str, Kind]] = {"version": "text", "objects": "number"}

    uri: str
    quiet_seconds: int
    max_wait_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint(Step):
    """Digests named parts: equal parts, equal value."""

    OUTPUTS: ClassVar[Mapping[str, Kind]] = {"value": "text"}

    parts: tuple[tuple[str, Text], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FindModel(Step):
    """Looks for the record that `RecordModel` left: was the same thing trained before?

    ``known`` is ``yes`` when the record exists and its version is still registered and not
    rejected, else ``no``. With ``force`` equal to ``yes`` nothing is known.
    """

    OUTPUTS: ClassVar[Mapping[str, Kind]] = {"known": "text", "model_package_arn": "text"}

    record_uri: Text
    force: Text = "no"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordModel(Step):
    """Writes which version came of a fingerprint, as JSON ``{"model_package_arn": ...}``."""

    record_uri: Text
    kms_key_id: str
    model_package_arn: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class FindChampion(Step):
    """Finds the newest approved version of a model package group.

    ``known`` is ``no`` when there is none, or when ``use`` is ``skip``.
    """

    OUTPUTS: ClassVar[Mapping[str, Kind]] = {
        "known": "text",
        "model_package_arn": "text",
        "artifact_uri": "text",
    }

    model_package_group_arn: str
    use: Text = "compare"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadModel(Step):
    """Reads a registered version: its status and what its lineage says.

    ``cases_uri`` is the metadata ``groundplan.cases_uri``: stored cases with the answers of the
    trained model, or an empty text. ``baseline_uri`` is ``groundplan.baseline_uri``: what monitoring
    compares with, or an empty text.
    """

    OUTPUTS: ClassVar[Mapping[str, Kind]] = {
        "approval_status": "text",
        "artifact_uri": "text",
        "baseline_uri": "text",
        "cases_uri": "text",
        "fingerprint": "text",
    }

    model_package_arn: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup(Step):
    """Picks one row of a table that is known when the pipeline is made; all cells are text.

    Every row has the same columns, which are the outputs. An unknown key ends the execution with
    ``UnknownKey`` and the keys that there are.
    """

    key: Text
    rows: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]

    def outputs(self) -> Mapping[str, Kind]:
        """One text for each column."""
        return {name: "text" for name, _ in self.rows[0][1]}
