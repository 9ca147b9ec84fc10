"""The part of the program that is the same for every pipeline."""

IMPORTS = """\
from pathlib import Path

import boto3
from botocore.config import Config
"""

SURROUNDINGS = '''\
def client(service):
    """boto3's client of a service; throttled calls are repeated."""
    return boto3.client(service, config=Config(retries={"mode": "standard", "max_attempts": 10}))


def run_of(values):
    """The running execution, as far as one of its components sees it."""

    def given(prefix):
        return {n.removeprefix(prefix): v for n, v in values.items() if n.startswith(prefix)}

    return Run(
        execution_id=values["run_id"],
        start_time=values["started_at"],
        parameters=given("parameter-"),
        outputs={step: json.loads(text) for step, text in given("outputs-").items()},
        client=client,
    )


def leave(executor_input, outputs):
    """Hands a step's outputs to Kubeflow."""
    path = Path(executor_input["outputs"]["parameters"]["outputs"]["outputFile"])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(outputs))


def step_outputs(step, run):
    """What a step produces; nothing where its conditions do not hold."""
    return perform(PROGRAMS[step["kind"]], step, run) if wanted(step, run) else {}


def handle(steps, run, status):
    """Carries out the steps that handle a failure, one after the other."""
    status = json.loads(status) if isinstance(status, str) else status or {}
    if status.get("state") == "SUCCEEDED":
        return
    message = (status.get("error") or {}).get("message")
    run.failure = {
        "step": status.get("pipelineTaskName", "unknown"),
        "error": "PipelineFailed",
        "cause": message or f"see the tasks of run {run.execution_id}",
    }
    for step in steps:
        run.outputs[step["id"]] = step_outputs(step, run)


def main(executor_input):
    """Does what the task is there for."""
    values = executor_input["inputs"]["parameterValues"]
    run, about = run_of(values), json.loads(values["about"])
    if values["task"] == "step":
        leave(executor_input, step_outputs(about, run))
    elif values["task"] == "outputs":
        leave(executor_input, run.value(about))
    else:
        handle(about, run, values.get("status"))


try:
    main(json.loads(sys.argv[1]))
except StepFailed as failed:
    sys.exit(str(failed))
'''
