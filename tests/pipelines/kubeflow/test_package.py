"""Packages of Kubeflow Pipelines: as documents, task by task, and in its own parser."""

import contextlib
import copy
import io
import json
import runpy
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from moto import mock_aws

from groundplan.pipelines import (
    Pipeline,
    PipelineError,
    TrainingPipelineSettings,
    compile_for,
    training_pipeline,
)
from groundplan.pipelines.kubeflow import check_package, package
from groundplan.pipelines.steps import (
    Condition,
    Fingerprint,
    Lookup,
    Notify,
    ReleaseLock,
    ServiceCall,
)
from groundplan.pipelines.values import Either, Execution, Failure, Join, TextOutput

ROOT = Path(__file__).parents[3]
PYTHON = ROOT / ".venv-kubeflow" / "bin" / "python"
needs_kubeflow = pytest.mark.skipif(
    not PYTHON.exists(), reason="needs kfp: run `make environments` to get .venv-kubeflow"
)
MAX_ARGUMENT = 131_072  # bytes that Linux gives one argument of a program


def document(pipeline: Pipeline) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(package(pipeline))
    return found


class Cluster:
    """Runs the tasks of a document in the order of their dependencies, as Kubeflow would."""

    def __init__(self, document: dict[str, Any], folder: Path) -> None:
        self.document = document
        self.folder = folder
        executors = document["deploymentSpec"]["executors"]
        [executor] = executors.values()
        self.program = folder / "program.py"
        self.program.write_text(executor["container"]["command"][-1])
        self.outputs: dict[str, str] = {}
        self.log = io.StringIO()

    def run(self, **parameters: str) -> str:
        """``SUCCEEDED``, or ``FAILED`` when a task has failed."""
        root = self.document["root"]
        given = {
            name: parameters.get(name, item.get("defaultValue"))
            for name, item in root.get("inputDefinitions", {}).get("parameters", {}).items()
        }
        tasks = root["dag"]["tasks"]
        if "all-steps" not in tasks:
            return self._dag(tasks, given)
        inner = self.document["components"]["comp-all-steps"]["dag"]["tasks"]
        state = self._dag(inner, given)
        error = {"message": self.log.getvalue()} if state == "FAILED" else {}
        status = {"state": state, "pipelineTaskName": "all-steps", "error": error}
        self._task("on-failure", tasks["on-failure"], given, status)
        return state

    def _dag(self, tasks: dict[str, Any], given: dict[str, Any]) -> str:
        done: set[str] = set()
        while len(done) < len(tasks):
            name = next(
                name
                for name, task in tasks.items()
                if name not in done and set(task.get("dependentTasks", ())) <= done
            )
            try:
                self._task(name, tasks[name], given)
            except SystemExit as error:
                self.log.write(f"{error}\n")
                return "FAILED"
            done.add(name)
        return "SUCCEEDED"

    def _task(
        self, name: str, task: dict[str, Any], given: dict[str, Any], status: Any = None
    ) -> None:
        values = {
            argument: value
            for argument, origin in task["inputs"]["parameters"].items()
            for value in [self._value(origin, given, status)]
        }
        path = self.folder / name / "outputs"
        left = {"outputs": {"parameters": {"outputs": {"outputFile": str(path)}}}}
        argv = ["-c", json.dumps({"inputs": {"parameterValues": values}, **left})]
        before, sys.argv = sys.argv, argv
        try:
            with contextlib.redirect_stdout(self.log):
                runpy.run_path(str(self.program), run_name="__main__")
        finally:
            sys.argv = before
        if path.exists():
            self.outputs[name] = path.read_text()

    def _value(self, origin: dict[str, Any], given: dict[str, Any], status: Any) -> Any:
        if "runtimeValue" in origin:
            known = {
                "{{$.pipeline_job_uuid}}": "run-1",
                "{{$.pipeline_job_create_time_utc}}": "2026-11-21T03:00:00Z",
            }
            constant = origin["runtimeValue"]["constant"]
            return known.get(constant, constant)
        if "componentInputParameter" in origin:
            return given[origin["componentInputParameter"]]
        if "taskOutputParameter" in origin:
            return self.outputs[origin["taskOutputParameter"]["producerTask"]]
        return status


def lookup(id: str, key: Any, **fields: Any) -> Lookup:
    rows = (("a", (("x", "one"),)), ("b", (("x", "two"),)))
    return Lookup(id=id, key=key, rows=rows, **fields)


SKIPPED = (Condition(output=TextOutput("first", "x"), comparison="equals", value="two"),)


def test_tasks_hand_on_what_they_produce(tmp_path: Path) -> None:
    pipeline = Pipeline(
        name="p",
        steps=(
            lookup("first", "a"),
            lookup("skipped", "b", when=SKIPPED),
            lookup("passed", "nope", on_failure="continue"),
            Fingerprint(
                id="print",
                parts=(
                    ("x", TextOutput("first", "x")),
                    ("y", Either(TextOutput("skipped", "x"), "none")),
                    ("run", Execution("short_id")),
                ),
            ),
        ),
        outputs=(("value", TextOutput("print", "value")),),
        timeout_seconds=60,
    )
    cluster = Cluster(document(pipeline), tmp_path)

    assert cluster.run() == "SUCCEEDED", cluster.log.getvalue()
    assert json.loads(cluster.outputs["first"]) == {"x": "one"}
    assert cluster.outputs["skipped"] == cluster.outputs["passed"] == "{}"
    assert "UnknownKey: nope is none of a, b" in cluster.log.getvalue()
    assert json.loads(cluster.outputs["pipeline-outputs"]) == json.loads(cluster.outputs["print"])


@pytest.fixture
def topic(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A topic, and the queue that its messages are read from."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        sns, sqs = boto3.client("sns"), boto3.client("sqs")
        arn = sns.create_topic(Name="alerts")["TopicArn"]
        url = sqs.create_queue(QueueName="alerts")["QueueUrl"]
        queue = "arn:aws:sqs:eu-west-1:123456789012:alerts"
        sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue)

        def messages() -> list[str]:
            read = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
            return [json.loads(item["Body"])["Message"] for item in read]

        yield arn, messages


@pytest.mark.parametrize("fails", [True, False])
def test_handlers_run_after_a_failure_only(tmp_path: Path, topic: Any, fails: bool) -> None:
    arn, messages = topic
    told = Join(("ended with ", Failure("error"), ": ", Failure("cause")))
    pipeline = Pipeline(
        name="p",
        steps=(lookup("work", "nope" if fails else "a"),),
        on_failure=(
            Notify(id="broken", topic_arn=f"{arn}-gone", subject="s", message="m"),
            Notify(id="tell", topic_arn=arn, subject="s", message=told),
        ),
        timeout_seconds=60,
    )
    cluster = Cluster(document(pipeline), tmp_path)

    assert cluster.run() == ("FAILED" if fails else "SUCCEEDED")
    expected = "ended with PipelineFailed: WorkFailed: step work: UnknownKey: nope is none of a, b"
    assert [text.strip() for text in messages()] == ([expected] if fails else [])


def test_a_program_fits_a_command_line_and_has_no_placeholder_of_kubeflow(
    settings: TrainingPipelineSettings,
) -> None:
    [executor] = document(training_pipeline(settings))["deploymentSpec"]["executors"].values()

    program = executor["container"]["command"][-1]
    assert len(program.encode()) < MAX_ARGUMENT
    assert "{{" not in program
    assert "groundplan.pipelines" not in program


@pytest.mark.parametrize(("key", "code"), [("a", 0), ("nope", 1)])
def test_the_command_of_a_container_runs(tmp_path: Path, key: str, code: int) -> None:
    pipeline = Pipeline(name="p", steps=(lookup("first", key),), timeout_seconds=60)
    found = yaml.safe_load(package(pipeline, image="registry/boto3@sha256:1"))
    [executor] = found["deploymentSpec"]["executors"].values()
    [task] = found["root"]["dag"]["tasks"].values()
    values = {
        name: origin["runtimeValue"]["constant"]
        for name, origin in task["inputs"]["parameters"].items()
    }
    path = tmp_path / "some" / "outputs"
    given = {
        "inputs": {"parameterValues": values},
        "outputs": {"parameters": {"outputs": {"outputFile": str(path)}}},
    }
    assert executor["container"]["args"] == ["{{$}}"]

    done = subprocess.run(
        [*executor["container"]["command"], json.dumps(given)],
        env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == code, done.stderr
    if code:
        assert done.stderr == "FirstFailed: step first: UnknownKey: nope is none of a, b\n"
    else:
        assert json.loads(path.read_text()) == {"x": "one"}


def test_an_image_with_boto3_installs_nothing(settings: TrainingPipelineSettings) -> None:
    text = package(training_pipeline(settings), image="registry/boto3@sha256:1")

    assert "pip install" not in text
    assert "image: registry/boto3@sha256:1" in text


def test_fails_on_a_step_of_a_release() -> None:
    release = ReleaseLock(id="release", table_name="locks", lock_id="x")

    with pytest.raises(
        PipelineError, match="no such step in Kubeflow Pipelines, got 'ReleaseLock'"
    ):
        package(Pipeline(name="p", steps=(release,), timeout_seconds=60))


def test_fails_on_text_that_kubeflow_would_replace() -> None:
    call = ServiceCall(
        id="call", service="sns", action="publish", arguments=(("Message", "to {{ you }}"),)
    )

    with pytest.raises(PipelineError) as caught:
        package(Pipeline(name="p", steps=(call,), timeout_seconds=60))

    assert str(caught.value) == (
        "steps[call]: Kubeflow Pipelines would take {{ for a placeholder of its own, "
        "got '{{ you }}\"]]'; write the text without {{"
    )


def test_fails_on_a_handler_that_reads_a_step() -> None:
    tell = Notify(
        id="tell", topic_arn="arn:t", subject="s", message=Either(TextOutput("work", "x"), "")
    )

    with pytest.raises(PipelineError) as caught:
        package(
            Pipeline(name="p", steps=(lookup("work", "a"),), on_failure=(tell,), timeout_seconds=60)
        )

    assert str(caught.value) == (
        "on_failure[tell]: Kubeflow Pipelines hands no step's output to what handles failures, "
        "got 'work'; read parameters and facts of the failure only"
    )


def inner(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["components"]["comp-all-steps"]["dag"]["tasks"]
    return found


@pytest.mark.parametrize(
    ("plant", "message"),
    [
        (
            lambda d: inner(d)["train"].update(dependentTasks=["nope"]),
            "components.comp-all-steps.dag.tasks.train.dependentTasks: names something",
        ),
        (
            lambda d: inner(d)["train"]["componentRef"].update(name="comp-nope"),
            "components.comp-all-steps.dag.tasks.train.componentRef: names something",
        ),
        (
            lambda d: d["deploymentSpec"]["executors"].clear(),
            "components.comp-data-gate.executorLabel: names something",
        ),
        (
            lambda d: inner(d)["train"]["inputs"]["parameters"].pop("outputs-image"),
            "components.comp-all-steps.dag.tasks.train.inputs: names something",
        ),
        (
            lambda d: inner(d)["train"]["dependentTasks"].remove("image"),
            "components.comp-all-steps.dag.tasks.train.inputs.outputs-image: names something",
        ),
        (
            lambda d: d["components"]["comp-all-steps"]["inputDefinitions"]["parameters"].pop(
                "force"
            ),
            "components.comp-all-steps.dag.tasks.known.inputs.parameter-force: names something",
        ),
        (
            lambda d: d["components"]["comp-image"].pop("outputDefinitions"),
            "components.comp-all-steps.dag.tasks.",
        ),
    ],
)
def test_fails_on_a_planted_dangling_reference(
    settings: TrainingPipelineSettings, plant: Any, message: str
) -> None:
    planted = copy.deepcopy(document(training_pipeline(settings)))
    check_package(planted)
    plant(planted)

    with pytest.raises(PipelineError) as caught:
        check_package(planted)

    assert str(caught.value).startswith(message)


@needs_kubeflow
@pytest.mark.heavy
def test_loads_with_the_parser_of_kubeflow(
    settings: TrainingPipelineSettings, tmp_path: Path
) -> None:
    without = replace(training_pipeline(settings), on_failure=())
    paths = []
    for index, pipeline in enumerate((training_pipeline(settings), without)):
        artifact = compile_for("kubeflow", pipeline)
        assert artifact == compile_for("kubeflow", pipeline)
        paths.append(tmp_path / f"{index}-{artifact.file_name}")
        paths[-1].write_text(artifact.text)
    script = Path(__file__).with_name("run_kfp.py")

    done = subprocess.run(
        [str(PYTHON), str(script), *map(str, paths)], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr[-3000:]
    handled, plain = json.loads(done.stdout)
    assert handled["name"] == "churn-prod-churn-training"
    assert handled["tasks"] == ["all-steps", "on-failure"]
    assert {"force", "learning_rate", "SubnetId0"} <= set(handled["inputs"])
    assert plain["tasks"] == sorted(
        [step.id.replace("_", "-") for step in without.steps] + ["pipeline-outputs"]
    )
    assert plain["components"] == len(plain["tasks"])
