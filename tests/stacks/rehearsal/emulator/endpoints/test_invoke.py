import io
import json
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from groundplan.pipelines.jobs import serve
from groundplan.stacks.rehearsal.emulator import Emulator, Faults

ACCOUNT, REGION = "222222222222", "eu-west-1"
MODEL = """
import json


def load(directory):
    return json.loads((directory / "slope.json").read_text())


def predict(model, rows):
    return [model * float(row["x"]) for row in rows]
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    image = tmp_path_factory.mktemp("image")
    (image / "model.py").write_text(MODEL)
    (image / "serve.py").write_text(Path(serve.__file__).read_text())
    workdir = tmp_path_factory.mktemp("emulator")
    with Emulator(images={"server": image}, workdir=workdir) as emulator:
        registry = emulator.client("ecr", ACCOUNT, REGION)
        registry.create_repository(repositoryName="server")
        manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json"}
        registry.put_image(
            repositoryName="server", imageManifest=json.dumps(manifest), imageTag="1"
        )
        emulator.client("s3", ACCOUNT, REGION).create_bucket(
            Bucket="artefacts", CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        emulator.client("sagemaker", ACCOUNT, REGION).create_model_package_group(
            ModelPackageGroupName="slopes"
        )
        yield emulator


@pytest.fixture
def emulator(running: Emulator) -> Iterator[Emulator]:
    yield running
    running.faults = Faults()


def _archive(slope: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as packed:
        info = tarfile.TarInfo("slope.json")
        info.size = len(slope)
        packed.addfile(info, io.BytesIO(slope.encode()))
    return buffer.getvalue()


def _config(emulator: Emulator, slope: str) -> str:
    """A config that serves a registered version with that slope; its name."""
    sagemaker = emulator.client("sagemaker", ACCOUNT, REGION)
    name = f"slope-{slope}"
    emulator.client("s3", ACCOUNT, REGION).put_object(
        Bucket="artefacts", Key=name, Body=_archive(slope)
    )
    image = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/server:1"
    package = sagemaker.create_model_package(
        ModelPackageGroupName="slopes",
        ModelApprovalStatus="Approved",
        InferenceSpecification={
            "Containers": [{"Image": image, "ModelDataUrl": f"s3://artefacts/{name}"}],
            "SupportedContentTypes": ["application/json"],
            "SupportedResponseMIMETypes": ["application/json"],
        },
    )["ModelPackageArn"]
    sagemaker.create_model(
        ModelName=name,
        ExecutionRoleArn=f"arn:aws:iam::{ACCOUNT}:role/model",
        PrimaryContainer={"ModelPackageName": package},
    )
    variant = {
        "VariantName": "main",
        "ModelName": name,
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 2,
        "InitialVariantWeight": 1.0,
    }
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    return name


def _ask(emulator: Emulator, endpoint: str, body: str = '{"instances": [{"x": 2}]}') -> Any:
    answer = emulator.client("sagemaker-runtime", ACCOUNT, REGION).invoke_endpoint(
        EndpointName=endpoint, ContentType="application/json", Body=body
    )
    assert answer["InvokedProductionVariant"] == "main"
    return json.loads(answer["Body"].read())


def test_endpoint_answers_with_the_model_that_it_serves(emulator: Emulator) -> None:
    sagemaker = emulator.client("sagemaker", ACCOUNT, REGION)
    sagemaker.create_endpoint(EndpointName="live", EndpointConfigName=_config(emulator, "3"))
    assert _ask(emulator, "live") == {"predictions": [6.0]}

    sagemaker.update_endpoint(EndpointName="live", EndpointConfigName=_config(emulator, "5"))
    assert _ask(emulator, "live") == {"predictions": [10.0]}

    emulator.faults.skew.add("live")
    assert _ask(emulator, "live") == {"predictions": [11.0]}


def test_machine_asks_an_endpoint(emulator: Emulator) -> None:
    sagemaker = emulator.client("sagemaker", ACCOUNT, REGION)
    sagemaker.create_endpoint(EndpointName="asked", EndpointConfigName=_config(emulator, "7"))
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sagemakerruntime:invokeEndpoint",
        "Arguments": {
            "EndpointName": "asked",
            "ContentType": "application/json",
            "Body": {"instances": [{"x": 1}]},
        },
        "Output": "{% $parse($states.result.Body).predictions[0] %}",
        "End": True,
    }
    machines = emulator.client("stepfunctions", ACCOUNT, REGION)
    arn = machines.create_state_machine(
        name="asker",
        definition=json.dumps({"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": state}}),
        roleArn=f"arn:aws:iam::{ACCOUNT}:role/machine",
    )["stateMachineArn"]
    execution = machines.start_execution(stateMachineArn=arn)["executionArn"]

    deadline = time.monotonic() + 20
    found = machines.describe_execution(executionArn=execution)
    while found["status"] == "RUNNING" and time.monotonic() < deadline:
        time.sleep(0.02)
        found = machines.describe_execution(executionArn=execution)

    assert found.get("output") == "7", found


@pytest.mark.parametrize(
    ("endpoint", "slope", "body", "code", "message"),
    [
        ("nobody", None, "{}", "ValidationError", "Endpoint nobody of account"),
        ("strict", "9", "no json", "ModelError", "Received client error (400) from main"),
        ("broken", '"', '{"instances": []}', "ModelError", "it does not answer /ping: json."),
    ],
)
def test_fails_as_sagemaker_does(
    emulator: Emulator, endpoint: str, slope: str | None, body: str, code: str, message: str
) -> None:
    if slope is not None:
        name = "broken" if slope == '"' else slope
        config = _config(emulator, slope) if name != "broken" else _broken(emulator)
        emulator.client("sagemaker", ACCOUNT, REGION).create_endpoint(
            EndpointName=endpoint, EndpointConfigName=config
        )

    with pytest.raises(ClientError) as caught:
        _ask(emulator, endpoint, body)

    error = caught.value.response["Error"]
    assert error["Code"] == code
    assert message in error["Message"]


def _broken(emulator: Emulator) -> str:
    config = _config(emulator, "0")
    emulator.client("s3", ACCOUNT, REGION).put_object(
        Bucket="artefacts", Key=config, Body=_archive('"')
    )
    return config


def test_few_models_run_at_once_and_none_afterwards(tmp_path: Path, emulator: Emulator) -> None:
    from moto.sagemaker.models import sagemaker_backends

    from groundplan.stacks.rehearsal.emulator.endpoints.containers import (
        MOST_RUNNING,
        Containers,
        served_by,
    )

    containers = Containers(emulator)
    backend = sagemaker_backends[ACCOUNT][REGION]
    names = [_config(emulator, str(slope)) for slope in range(20, 21 + MOST_RUNNING)]
    started = [containers.get(ACCOUNT, REGION, name, served_by(backend, name)) for name in names]

    alive = [container._script.running for container in started]
    containers.stop()

    assert alive == [False] + [True] * MOST_RUNNING
    assert not any(container._script.running for container in started)
