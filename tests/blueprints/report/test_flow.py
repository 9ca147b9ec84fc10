"""What goes where, read from the plan."""

from tests_support import example_spec

from groundplan.blueprints.plan import plan
from groundplan.blueprints.report.flow import dot, flows


class _Project:
    """As much of a report's content as flows are read from."""

    def __init__(self, name: str) -> None:
        self.spec = example_spec(name)
        self.plan = plan(self.spec)


def lines(name: str) -> list[str]:
    found = flows(_Project(name))  # type: ignore[arg-type]
    return [
        f"{flow.start} {flow.start.stage} -> {flow.end} {flow.end.stage}: {flow.what}"
        for flow in found
    ]


def test_a_model_travels_from_data_to_registry_to_environments() -> None:
    assert lines("churn") == [
        "writer billing-export  -> dataset customers data: files of data",
        "dataset customers data -> training churn prod: training data",
        "image churn tooling -> training churn prod: the newest image",
        "training churn prod -> model registry churn tooling: versions that passed every gate",
        "model registry churn tooling -> release staging: news of an approved version",
        (
            "release staging -> release prod: news of a release that is proved to serve; "
            "waits for model-approver to approve"
        ),
        "release staging -> endpoint churn staging: the version to serve",
        "endpoint churn staging -> captured requests churn staging: 10 % of requests and answers",
        "release prod -> endpoint churn prod: the version to serve",
        "endpoint churn prod -> captured requests churn prod: 10 % of requests and answers",
        "captured requests churn prod -> monitoring churn prod: requests since the run before",
        "monitoring churn prod -> alarms prod: drift and quality as metrics",
        "alarms prod -> training churn prod: a new training after drift",
    ]


def test_batch_scoring_reads_its_own_dataset_and_writes_predictions() -> None:
    assert [line for line in lines("nightly") if "scoring" in line][:3] == [
        "dataset new-biopsies data -> batch scoring diagnosis prod: the files to score",
        "model registry diagnosis tooling -> batch scoring diagnosis prod: the newest approved version",
        (
            "batch scoring diagnosis prod -> predictions diagnosis prod: "
            "predictions, with the versions of model and data"
        ),
    ]


def test_what_leads_back_does_not_turn_the_picture_around() -> None:
    project = _Project("churn")
    accounts = {stage.id: stage.place.account for stage in project.plan.stages}
    text = dot(flows(project), accounts)  # type: ignore[arg-type]
    assert text.count("constraint=false") == 1
    assert '[label=" retrains " constraint=false]' in text
