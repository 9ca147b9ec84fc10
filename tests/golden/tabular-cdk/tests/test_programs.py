"""The ML programs do a whole round on an emulated S3: train, evaluate, answer as the endpoint does.

Data is taken from `data/DATASET/` or `data/`, with the folders `train` and `test`.
"""

import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from groundplan.blueprints.plan import Plan
from groundplan.blueprints.plan.stacks import DataStateStackPlan
from groundplan.blueprints.spec import ModelSpec, ProjectSpec, load_spec

ROOT = Path(__file__).parent.parent
SPEC = load_spec(ROOT / "groundplan.yaml")
REGION = SPEC.training_environment.region


def folder(dataset: str) -> Path:
    """Where the sample data of a dataset is."""
    own = ROOT / "data" / dataset
    return own if own.is_dir() else ROOT / "data"


def context(spec: ProjectSpec, image: str | None) -> Path:
    """Folder of an image."""
    declared = {item.name: item.context for item in spec.images}
    return ROOT / declared.get(image or "", "ml")


def bucket(decided: Plan, dataset: str) -> str:
    """Name of a dataset's bucket."""
    return next(
        item.bucket.name
        for stack in decided.stacks()
        if isinstance(stack, DataStateStackPlan)
        for item in stack.datasets
        if item.name == dataset
    )


@pytest.fixture
def s3() -> Iterator[Any]:
    """S3 in this process, which knows no account but its own."""
    with mock_aws():
        yield boto3.client(
            "s3",
            region_name=REGION,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )


def run(command: tuple[str, ...], directory: Path, root: Path) -> None:
    """Run one of an image's programs as SageMaker does, in a tree of its own."""
    program = [sys.executable if part == "python" else part for part in command]
    done = subprocess.run(
        program,
        cwd=directory,
        env=os.environ | {"ML_ROOT": str(root), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def upload(s3: Any, name: str, source: Path) -> None:
    """Bring the sample data into the dataset's bucket."""
    s3.create_bucket(Bucket=name, **location())
    for path in sorted(source.rglob("*")):
        part = path.relative_to(source)
        if path.is_file() and part.parts[0] in ("train", "test"):
            s3.upload_file(str(path), name, part.as_posix())


def location() -> dict[str, Any]:
    """What S3 wants to hear of a region that is not its first."""
    return (
        {}
        if REGION == "us-east-1"
        else {"CreateBucketConfiguration": {"LocationConstraint": REGION}}
    )


def download(s3: Any, name: str, prefix: str, target: Path) -> None:
    """Fill a channel of a job."""
    for item in s3.list_objects_v2(Bucket=name, Prefix=f"{prefix}/")["Contents"]:
        path = target / item["Key"].removeprefix(f"{prefix}/")
        path.parent.mkdir(parents=True, exist_ok=True)
        s3.download_file(name, item["Key"], str(path))


@pytest.mark.parametrize("model", SPEC.models, ids=lambda model: str(model.name))
def test_trains_evaluates_and_answers(
    model: ModelSpec, s3: Any, decided: Plan, tmp_path: Path
) -> None:
    dataset = model.training.dataset
    if not (folder(dataset) / "train").is_dir():
        pytest.skip(f"NOT TRIED: no sample data in data/{dataset}/train or data/train")
    directory = context(SPEC, model.training.image)
    name = bucket(decided, dataset)
    upload(s3, name, folder(dataset))
    root = tmp_path / "training"
    download(s3, name, "train", root / "input" / "data" / "train")
    config = root / "input" / "config"
    config.mkdir(parents=True)
    given = {key: str(value) for key, value in model.training.hyperparameters.items()}
    (config / "hyperparameters.json").write_text(json.dumps(given))

    run(model.training.entrypoint, directory, root)

    job = tmp_path / "evaluation"
    archive = job / "processing" / "input" / "model" / "model.tar.gz"
    archive.parent.mkdir(parents=True)
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(root / "model", arcname=".")
    download(s3, name, "test", job / "processing" / "input" / "data")
    run(("python", "evaluate.py"), directory, job)

    output = job / "processing" / "output"
    metrics = json.loads((output / "evaluation.json").read_text())["metrics"]
    for gate in model.evaluation.gates if model.evaluation else ():
        if gate.split == "held_out":
            assert gate.min is None or metrics[gate.metric] >= gate.min
            assert gate.max is None or metrics[gate.metric] <= gate.max
    cases = json.loads((output / "cases.json").read_text())["cases"]
    assert cases and all(case["answer"]["predictions"] for case in cases)
