"""Steps that only find something out: SageMaker Pipelines calls no API, so whoever starts tells."""

from dataclasses import dataclass

from groundplan.pipelines.steps import (
    FindChampion,
    FindModel,
    Fingerprint,
    ReadModel,
    ResolveDataset,
    ResolveImage,
    ScoringTarget,
    Step,
)


@dataclass(frozen=True, slots=True)
class Fact:
    """A parameter in place of an output; without a default it must be given."""

    kind: str = "String"
    default: str | None = None


FACTS: dict[type[Step], dict[str, Fact]] = {
    FindChampion: {
        "known": Fact(default="no"),
        "model_package_arn": Fact(default="none"),
        "artifact_uri": Fact(default="none"),
    },
    FindModel: {"known": Fact(default="no"), "model_package_arn": Fact(default="none")},
    Fingerprint: {"value": Fact()},
    ReadModel: {name: Fact() for name in ReadModel.OUTPUTS},
    ResolveDataset: {"version": Fact(), "objects": Fact(kind="Integer")},
    ResolveImage: {"digest": Fact(), "uri": Fact()},
    ScoringTarget: {name: Fact() for name in ScoringTarget.OUTPUTS},
}
"""Kind of step: what becomes of its outputs."""


def parameter_name(step_id: str, output: str) -> str:
    """The parameter that holds an output of a step that is none in SageMaker Pipelines."""
    return f"{step_id}_{output}"
