"""Training by another orchestrator: what it cannot express is refused when the project is planned."""

import pytest
from tests_support import ROOT, example_spec, found

from groundplan.blueprints.errors import PlanError, SpecErrors
from groundplan.blueprints.plan import plan
from groundplan.blueprints.plan.pipeline import PipelinePlan
from groundplan.blueprints.spec import parse_spec
from groundplan.pipelines import Pipeline
from groundplan.pipelines.steps import AcquireLock

SANDBOX = (ROOT / "examples" / "sandbox" / "groundplan.yaml").read_text()
BY_AIRFLOW = f"{SANDBOX}pipelines: {{orchestrator: airflow}}\n"


def locked(pipeline: Pipeline) -> Pipeline:
    lock = AcquireLock(
        id="own", table_name="sandbox-locks", lock_id="own", lease_seconds=60, wait_seconds=60
    )
    return pipeline.insert(lock) if pipeline.name.endswith("-training") else pipeline


def test_the_state_machines_stay_as_they_are() -> None:
    def machines(text: str) -> list[PipelinePlan]:
        return list(found(plan(parse_spec(text)), PipelinePlan))

    assert machines(BY_AIRFLOW) == list(found(plan(example_spec("sandbox")), PipelinePlan))


def test_what_the_orchestrator_cannot_express_is_refused() -> None:
    with pytest.raises(PlanError) as caught:
        plan(parse_spec(BY_AIRFLOW), edit=locked)

    assert str(caught.value).startswith(
        "pipelines.orchestrator: airflow cannot run sandbox-dev-cultivar-training: "
        "steps[own]: no such step in Airflow, got 'AcquireLock'; "
        "keep this pipeline in Step Functions: "
    )
    plan(parse_spec(SANDBOX), edit=locked)


def test_triggers_are_those_of_the_orchestrator() -> None:
    with pytest.raises(SpecErrors) as caught:
        parse_spec(
            f"{SANDBOX}pipelines:\n  orchestrator: kubeflow\n"
            "  triggers: [{kind: schedule, cron: 0 3 * * MON}]\n"
        )

    assert (
        "pipelines.triggers: training runs in kubeflow, which groundplan does not start, "
        "got '1 of them'; remove them and set its schedule in kubeflow, or use step_functions"
    ) in str(caught.value)
