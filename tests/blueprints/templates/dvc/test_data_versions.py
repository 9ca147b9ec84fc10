"""DVC itself and the program of a generated repository, on an emulated bucket, as the docs say."""

import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer
from tests_support import ROOT

from groundplan.blueprints.generator import generate
from groundplan.blueprints.plan.access import every
from groundplan.blueprints.plan.context import Context
from groundplan.blueprints.plan.data_versions import RELEASED, DataVersionsPlan
from groundplan.blueprints.plan.project import plan
from groundplan.blueprints.prove.case import case
from groundplan.blueprints.prove.evaluate import Policies, evaluate, simulate
from groundplan.blueprints.prove.evaluate.index import index
from groundplan.blueprints.prove.model import Request
from groundplan.blueprints.prove.world import Reader
from groundplan.blueprints.spec import load_spec
from groundplan.pipelines.runtime.base import Run, StepFailed
from groundplan.pipelines.runtime.data import resolve_dataset

DVC = ROOT / ".venv-dvc" / "bin"
WRITER = "arn:aws:iam::333333333333:role/camera-export"
BUCKET = "plate-vision-data-frames-222222222222"
needs_dvc = pytest.mark.skipif(
    not (DVC / "dvc").exists(), reason="needs DVC: run `make environments` to get .venv-dvc"
)


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = ROOT / "examples" / "vision"
    folder = tmp_path_factory.mktemp("spec")
    text = (source / "groundplan.yaml").read_text()
    if "versioning: dvc" not in text:
        text = text.replace("    format: csv\n", "    format: csv\n    versioning: dvc\n")
    # In another account than the bucket, so that both accounts have to let it in.
    text = text.replace("arn:aws:iam::222222222222:role/camera-export", WRITER)
    (folder / "groundplan.yaml").write_text(text)
    (folder / "traffic.csv").write_bytes((source / "traffic.csv").read_bytes())
    return folder / "groundplan.yaml"


class Calls(logging.Handler):
    """What was asked of the bucket: IAM's action and the key; the server says so in its log."""

    LINE = re.compile(r'"(?:\x1b\[\d+m)*([A-Z]+) /([^/? ]+)(?:/([^? ]*))?(?:\?([^ ]*))? HTTP')

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[tuple[str, str]] = set()

    def emit(self, record: logging.LogRecord) -> None:
        found = self.LINE.search(record.getMessage())
        if found is None:
            return
        method, bucket, key, query = found.groups(default="")
        if bucket != BUCKET:
            return
        self.seen.add((self.action(method, key, query), key))

    @staticmethod
    def action(method: str, key: str, query: str) -> str:
        if not key:
            if method == "POST" and query == "delete":
                return "s3:DeleteObject"
            return "s3:ListBucketVersions" if query.startswith("versions") else "s3:ListBucket"
        if "versionId" in query:
            return "s3:GetObjectVersion"
        return {"GET": "s3:GetObject", "HEAD": "s3:GetObject", "DELETE": "s3:DeleteObject"}.get(
            method, "s3:PutObject"
        )


@dataclass
class Team:
    """A generated repository whose bucket is emulated."""

    directory: Path
    environment: dict[str, str]
    s3: Any
    calls: Calls = field(default_factory=Calls)

    def run(self, *command: str) -> str:
        done = subprocess.run(
            command,
            check=False,
            cwd=self.directory,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def fails(self, *command: str) -> str:
        done = subprocess.run(
            command,
            check=False,
            cwd=self.directory,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 1, done.stdout + done.stderr
        return done.stderr

    def versions(self, *arguments: str) -> tuple[str, ...]:
        return (str(DVC / "python"), "datasets/versions.py", *arguments)

    def data(self, **files: str) -> None:
        folder = self.directory / "datasets" / "frames"
        for path in folder.rglob("*.csv"):
            path.unlink()
        for name, text in files.items():
            path = folder / name.replace("_", "/") / "frames.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def commit(self, message: str) -> str:
        self.run("dvc", "add", "--quiet", "datasets/frames")
        self.run("git", "commit", "--quiet", "--message", message)
        self.run("dvc", "push", "--quiet", "--remote", "frames", "datasets/frames.dvc")
        return self.run("git", "rev-parse", "HEAD").strip()

    def release(self) -> str:
        return self.run(*self.versions("release", "frames")).split()[-1]

    def trained(self, expected: str | None = None) -> dict[str, Any]:
        """What the first step of training finds."""
        run = Run(
            execution_id="x", start_time="", parameters={}, outputs={}, client=lambda _: self.s3
        )
        given = {
            "uri": f"s3://{BUCKET}/{RELEASED}",
            "releases_uri": f"s3://{BUCKET}/dvc/releases/",
            "expected": expected,
        }
        return dict(resolve_dataset(given, run))

    def there(self) -> dict[str, str]:
        """Text by name of what training reads."""
        listed = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=RELEASED).get("Contents", [])
        return {
            item["Key"].removeprefix(RELEASED): self.s3.get_object(Bucket=BUCKET, Key=item["Key"])[
                "Body"
            ]
            .read()
            .decode()
            for item in listed
        }


@pytest.fixture(scope="module")
def team(spec: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    directory = tmp_path_factory.mktemp("team") / "repository"
    generate(spec, directory)
    server = ThreadedMotoServer(port=0)
    logger = logging.getLogger("werkzeug")
    calls, level, propagate = Calls(), logger.level, logger.propagate
    logger.addHandler(calls)
    logger.setLevel(logging.INFO)
    server.start()
    host, port = server.get_host_and_port()
    environment = {
        "PATH": f"{DVC}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(directory.parent),
        "AWS_ENDPOINT_URL": f"http://{host.replace('0.0.0.0', '127.0.0.1')}:{port}",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_EC2_METADATA_DISABLED": "true",
        "GIT_CONFIG_NOSYSTEM": "1",
        "DVC_NO_ANALYTICS": "1",
        **{
            f"GIT_{who}_{what}": value
            for who in ("AUTHOR", "COMMITTER")
            for what, value in (("NAME", "A Person"), ("EMAIL", "person@acme.example"))
        },
    }
    s3 = boto3.client(
        "s3",
        region_name="us-east-1",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    made = Team(directory=directory, environment=environment, s3=s3, calls=calls)
    made.run("git", "init", "--quiet", "--initial-branch", "main")
    made.run("git", "add", "--all")
    made.run("git", "commit", "--quiet", "--message", "generated")
    calls.seen.clear()
    yield made
    server.stop()
    logger.removeHandler(calls)
    logger.setLevel(level)
    logger.propagate = propagate


@needs_dvc
@pytest.mark.heavy
def test_a_model_s_bytes_come_back_by_its_data_version(team: Team) -> None:
    """The whole life: push, release, train, change, release, find, go back."""
    first = {"train": "a\n1\n", "train_old": "a\n2\n", "test": "a\n3\n"}
    team.data(**first)
    one = team.commit("first")
    with pytest.raises(StepFailed, match="DatasetEmpty"):
        team.trained()
    released = team.release()
    model = team.trained()
    assert model["version"] == released
    assert model["objects"] == 3

    team.data(train="a\n1\n4\n", test="a\n3\n")
    two = team.commit("second")
    assert team.trained() == model  # a push changes nothing
    assert "is not what is released" in team.fails(*team.versions("check", "frames"))
    with pytest.raises(StepFailed, match="DatasetChanged"):
        later = team.release()
        team.trained(expected=model["version"])
    assert team.there() == {"train/frames.csv": "a\n1\n4\n", "test/frames.csv": "a\n3\n"}
    assert later == team.trained()["version"] != released
    assert team.release() == later  # once more changes nothing

    for named in (released, model["release"]):
        told = team.run(*team.versions("find", "frames", named)).splitlines()
        assert told[1] == f"git checkout {one} -- datasets/frames.dvc"
    assert two != one
    for command in told[1:]:
        team.run(*command.split())
    folder = team.directory / "datasets" / "frames"
    found = {path.parent.relative_to(folder).as_posix(): path for path in folder.rglob("*.csv")}
    assert {name.replace("/", "_"): path.read_text() for name, path in found.items()} == first

    team.release()
    assert team.trained()["release"] == model["release"]
    assert set(team.there()) == {"train/frames.csv", "train/old/frames.csv", "test/frames.csv"}
    assert "released as data version" in team.run(*team.versions("check", "frames"))


@needs_dvc
@pytest.mark.heavy
def test_training_refuses_what_nobody_has_released(team: Team) -> None:
    team.data(train="b\n1\n", test="b\n2\n")
    team.commit("third")
    team.release()
    team.s3.put_object(Bucket=BUCKET, Key=f"{RELEASED}train/more.csv", Body=b"b\n3\n")
    with pytest.raises(StepFailed, match="DatasetNotReleased"):
        team.trained()
    team.release()

    assert team.trained()["objects"] == 2
    assert "is no released version" in team.fails(*team.versions("find", "frames", "0" * 64))


@needs_dvc
@pytest.mark.heavy
def test_the_calls_of_dvc_and_of_releases_are_those_that_the_policies_allow(
    team: Team, spec: Path
) -> None:
    world = case(load_spec(spec)).world
    reader = "arn:aws:iam::555555555555:role/groundplan/plate-vision/plate-vision-prod-plate-reader-processing"
    assert any(role.arn == reader for role in world.roles)
    bucket = f"arn:aws:s3:::{BUCKET}"
    [versions] = every(plan(load_spec(spec)).stages, DataVersionsPlan)
    assert versions.roles == (WRITER,)
    documented = Reader(values={}).policy("identity", "docs", WRITER, versions.document)
    assert documented is not None

    def allowed(principal: str, action: str, key: str) -> bool:
        resource = f"{bucket}/{key}" if key else bucket
        context = {"aws:SecureTransport": "true", "s3:TlsVersion": "1.3"}
        request = Request(principal=principal, action=action, resource=resource, context=context)
        if principal != WRITER:
            return evaluate(request, world).allowed
        found = index(world).resource(bucket)
        assert found is not None
        policies = Policies(identity=(documented,), resource=found.policy)
        decision = simulate(
            request, policies, organizations=world.organizations, owner="222222222222"
        )
        return decision.allowed

    team.data(train="c\n1\n", test="c\n2\n")
    team.commit("fourth")
    team.release()  # of a file that the next release takes away
    team.calls.seen.clear()
    team.data(train="c\n2\n")
    team.commit("fifth")
    team.release()
    team.run("rm", "-r", ".dvc/cache", "datasets/frames")
    team.run("dvc", "pull", "--quiet", "--remote", "frames", "datasets/frames.dvc")
    seen = {
        (action, f"{RELEASED}test/frames.csv" if action == "s3:DeleteObject" else key)
        for action, key in team.calls.seen
    }

    assert {action for action, _ in seen} == {
        "s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:ListBucketVersions", "s3:PutObject"
    }  # fmt: skip
    assert [call for call in sorted(seen) if not allowed(WRITER, *call)] == []
    other = "arn:aws:iam::333333333333:role/somebody-else"
    assert [call for call in sorted(seen) if allowed(other, *call)] == []
    stored = next(key for action, key in seen if key.startswith("dvc/files/"))
    assert allowed(reader, "s3:GetObject", f"{RELEASED}train/frames.csv")
    for action, key in (
        ("GetObject", stored),
        ("PutObject", stored),
        ("PutObject", f"{RELEASED}x"),
    ):
        assert not allowed(reader, f"s3:{action}", key)
    for key in (stored, f"{RELEASED}train/frames.csv"):
        assert not allowed(WRITER, "s3:DeleteObjectVersion", key)


def test_jobs_read_releases_and_nobody_is_a_writer_by_default(spec: Path) -> None:
    loaded = load_spec(spec)
    context = Context(loaded)
    dataset = loaded.datasets[0]
    found = plan(loaded).canonical_json()

    assert context.dataset_uri(dataset) == f"s3://{BUCKET}/{RELEASED}"
    assert f"s3://{BUCKET}/{RELEASED}train/" in found
    assert f"s3://{BUCKET}/train/" not in found


def test_the_program_says_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from groundplan.blueprints import templates  # type: ignore[attr-defined,unused-ignore]

    path = Path(next(iter(templates.__path__))) / "dvc" / "datasets" / "versions.py"
    about = spec_from_file_location("versions", path)
    assert about is not None and about.loader is not None
    versions = module_from_spec(about)
    monkeypatch.setitem(sys.modules, "versions", versions)
    about.loader.exec_module(versions)
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc" / "config").write_text("['remote \"frames\"']\n    url = s3://b/dvc\n")

    with pytest.raises(
        versions.Problem, match=r"no dataset other in \.dvc/config; use one of frames"
    ):
        versions.dataset("other", tmp_path)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    frames = versions.dataset("frames", tmp_path)
    with pytest.raises(versions.Problem, match="run dvc add datasets/frames"):
        versions.dvc_version(frames, tmp_path)
    assert frames.object_key("abcd.dir") == "dvc/files/md5/ab/cd.dir"
