"""DAG files of Airflow: as text, and run by Airflow itself."""

import ast
import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from groundplan.pipelines import (
    Pipeline,
    PipelineError,
    TrainingPipelineSettings,
    compile_for,
    training_pipeline,
)
from groundplan.pipelines.airflow import dag_source
from groundplan.pipelines.embedding import check_references
from groundplan.pipelines.steps import Condition, Fingerprint, ReleaseLock, ServiceCall
from groundplan.pipelines.values import Join, NumberOutput, TextOutput

ROOT = Path(__file__).parents[3]
PYTHON = ROOT / ".venv-airflow" / "bin" / "python"
needs_airflow = pytest.mark.skipif(
    not PYTHON.exists(), reason="needs Airflow: run `make environments` to get .venv-airflow"
)

PASSED = ("report.json", {"passed": True, "violations": []})
GOOD = ("evaluation.json", {"metrics": {"auc": 0.9, "log_loss": 0.3}})
BAD = ("evaluation.json", {"metrics": {"auc": 0.6, "log_loss": 0.3}})
NETWORK = {"SubnetId0": "subnet-1", "SubnetId1": "subnet-2", "SecurityGroupId0": "sg-1"}


def test_a_file_is_named_after_its_pipeline_and_always_the_same(
    settings: TrainingPipelineSettings,
) -> None:
    pipeline = training_pipeline(settings)

    artifact = compile_for("airflow", pipeline)

    assert artifact.file_name == "churn_prod_churn_training.py"
    assert artifact == compile_for("airflow", training_pipeline(settings))


def test_a_file_needs_airflow_and_nothing_of_groundplan(
    settings: TrainingPipelineSettings,
) -> None:
    tree = ast.parse(dag_source(training_pipeline(settings)))

    modules = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [str(node.module)]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert "airflow" in modules and "groundplan" not in modules
    standard = "collections dataclasses datetime hashlib json re time typing"
    assert modules - {"airflow", "botocore"} <= set(standard.split())


def test_names_of_the_file_are_defined_once(settings: TrainingPipelineSettings) -> None:
    steps = (
        Fingerprint(id="steps", parts=()),
        Fingerprint(id="lost", parts=()),
        Fingerprint(id="client", parts=()),
    )
    pipeline = training_pipeline(settings)
    tree = ast.parse(dag_source(replace(pipeline, steps=(*pipeline.steps, *steps))))

    names = [
        node.targets[0].id if isinstance(node, ast.Assign) else node.name  # type: ignore[attr-defined]
        for node in tree.body
        if isinstance(node, ast.Assign | ast.FunctionDef | ast.ClassDef)
    ]
    assert [name for name in names if names.count(name) > 1] == []


def test_fails_on_a_step_of_a_release() -> None:
    release = ReleaseLock(id="release", table_name="locks", lock_id="x")

    with pytest.raises(PipelineError) as caught:
        dag_source(Pipeline(name="p", steps=(release,), timeout_seconds=60))

    assert str(caught.value) == (
        "steps[release]: no such step in Airflow, got 'ReleaseLock'; keep this pipeline in Step "
        "Functions: its locks exclude state machines from each other, and only they know of one "
        "that was aborted"
    )


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            {"given": {"message": {"$join": ["a", {"$output": ["train", "nope"]}]}}},
            "steps[x]: reads an output that is not there, got 'train.nope'; use one of train.job",
        ),
        (
            {"when": [{"output": {"$parameter": "nope"}}]},
            "steps[x]: reads a parameter that is not there, got 'nope'; use one of force",
        ),
    ],
)
def test_fails_on_a_planted_dangling_reference(data: dict[str, Any], message: str) -> None:
    with pytest.raises(PipelineError) as caught:
        check_references("steps[x]", data, {"train.job"}, {"force"})

    assert str(caught.value) == message


def own_pipeline() -> Pipeline:
    """A user's own: braces that Jinja would take for its own, a skipped step, a passed failure."""
    publish = ServiceCall(
        id="publish",
        service="sns",
        action="publish",
        arguments=(
            ("TopicArn", "arn:aws:sns:eu-west-1:123456789012:churn-prod-alerts"),
            ("Message", Join(("{{ braces }} ", NumberOutput("maybe", "number")))),
        ),
        results=(("message_id", "text", "MessageId"),),
        when=(Condition(output=TextOutput("print", "value"), comparison="equals", value="no"),),
    )
    fails = replace(
        publish,
        id="fails",
        when=(),
        arguments=(("TopicArn", "arn:aws:sns:eu-west-1:123456789012:gone"), ("Message", "{{ x }}")),
        on_failure="continue",
    )
    maybe = ServiceCall(
        id="maybe",
        service="sts",
        action="getCallerIdentity",
        arguments=(),
        results=(("number", "number", "Account"),),
        when=publish.when,
    )
    after = replace(
        fails,
        id="after",
        after=("publish",),
        arguments=(
            ("TopicArn", "arn:aws:sns:eu-west-1:123456789012:churn-prod-alerts"),
            ("Message", "{{ literally }}"),
        ),
        on_failure="fail",
    )
    return Pipeline(
        name="own-one",
        steps=(Fingerprint(id="print", parts=()), maybe, publish, fails, after),
        outputs=(("message_id", TextOutput("after", "message_id")),),
        timeout_seconds=600,
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The surroundings of an Airflow of its own, with a new database."""
    folder = tmp_path_factory.mktemp("airflow")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(folder / "dags"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{folder}/airflow.db",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        "AIRFLOW_CONN_AWS_DEFAULT": "aws://",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }
    command = [str(PYTHON), "-m", "airflow", "db", "migrate"]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return environment


def run(
    home: dict[str, str], pipelines: list[Pipeline], scenarios: list[dict[str, Any]]
) -> dict[str, Any]:
    """What Airflow says of the DAG files, and of their runs one after the other."""
    folder = Path(home["AIRFLOW__CORE__DAGS_FOLDER"])
    folder.mkdir(exist_ok=True)
    for pipeline in pipelines:
        artifact = compile_for("airflow", pipeline)
        # moto has one account, and answers at once
        text = artifact.text.replace("1" * 12, "123456789012").replace("3" * 12, "123456789012")
        text = text.replace("POLL_SECONDS = 60", "POLL_SECONDS = 0")
        (folder / artifact.file_name).write_text(text)
    script = Path(__file__).with_name("run_dags.py")
    done = subprocess.run(
        [str(PYTHON), str(script), str(folder), json.dumps(scenarios)],
        env=home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def scenario(dag: str, evaluation: Any = GOOD, **conf: str) -> dict[str, Any]:
    reports = {"quality.py": PASSED, "evaluate.py": evaluation}
    return {"dag": dag, "reports": reports, "conf": {**NETWORK, **conf}}


@needs_airflow
@pytest.mark.heavy
def test_runs_in_airflow(settings: TrainingPipelineSettings, home: dict[str, str]) -> None:
    training = training_pipeline(replace(settings, approve_on_registration=True))

    found = run(
        home,
        [training, own_pipeline()],
        [
            scenario(training.name),
            scenario(training.name),
            scenario(training.name, BAD, learning_rate="0.2"),
            scenario("own-one"),
        ],
    )

    assert found["errors"] == {}
    assert found["dags"] == [training.name, "own-one"]
    first, second, third, own = found["runs"]
    trains(first, settings)
    reuses(second)
    fails_at_the_gate(third)
    assert own["state"] == "success"
    assert own["tasks"] == {
        "print": "success",
        "maybe": "skipped",
        "publish": "skipped",
        "fails": "success",
        "after": "success",
        "pipeline-outputs": "success",
        "pipeline-failed": "skipped",
    }
    assert own["notifications"][-1][1] == "{{ literally }}"


def trains(run: dict[str, Any], settings: TrainingPipelineSettings) -> None:
    assert run["state"] == "success", run["notifications"]
    assert {task for task, state in run["tasks"].items() if state != "success"} == {
        "notify_reuse",
        "tell_failure",
        "emit_failure",
        "pipeline-failed",
    }
    [version] = run["versions"]
    [job] = run["training_jobs"]
    metadata = version["CustomerMetadataProperties"]
    assert (metadata["metric.auc"], metadata["groundplan.training_job"]) == (
        "0.9",
        job["TrainingJobName"],
    )
    assert job["HyperParameters"] == dict(settings.hyperparameters)
    assert job["EnableManagedSpotTraining"] is True
    assert run["processing_jobs"] == 2
    [(subject, message)] = run["notifications"]
    assert subject == "churn prod: churn has a new version"
    assert version["ModelPackageArn"] in message


def reuses(run: dict[str, Any]) -> None:
    """The second run with the same fingerprint trains nothing, and says so."""
    assert run["state"] == "success"
    assert run["tasks"]["train"] == run["tasks"]["register"] == "skipped"
    assert len(run["training_jobs"]) == len(run["versions"]) == 1
    assert run["notifications"][-1][0] == "churn prod: churn has not changed"


def fails_at_the_gate(run: dict[str, Any]) -> None:
    """Another hyperparameter trains again; the gate fails the run, which is told of."""
    assert run["state"] == "failed"
    assert (len(run["training_jobs"]), len(run["versions"])) == (2, 1)
    tasks = run["tasks"]
    assert (tasks["gate"], tasks["register"], tasks["pipeline-failed"]) == (
        "failed",
        "upstream_failed",
        "failed",
    )
    assert tasks["tell_failure"] == tasks["emit_failure"] == "success"
    subject, message = run["notifications"][-1]
    assert subject == "churn prod: churn could not be trained"
    assert "in step gate with GateNotMet" in message
    assert "metric auc is 0.6, below its minimum 0.8" in message
