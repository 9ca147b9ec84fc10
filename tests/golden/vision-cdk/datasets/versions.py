"""Releases versions of data that DVC has pushed, and finds the version that a model was trained on.

    python datasets/versions.py release NAME      what datasets/NAME.dvc says is what models are trained on
    python datasets/versions.py check NAME        exit 1 unless that is so
    python datasets/versions.py find NAME VERSION the commit of a data version, as a model or answer names it

Runs in the environment of requirements-dvc.txt, with credentials of a role that may write the dataset.
DVC keeps files by digest; training reads them by name. So a release copies, within the bucket, what has
changed, hides what the version does not have, and records at last what pipelines will call this version.
Until that record is there, no training starts; a training that is under way is discarded.
"""

import argparse
import configparser
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RELEASED, RELEASES = "released/", "releases/"
COPIES_AT_ONCE = 16
KEYS_A_CALL = 1000  # DeleteObjects takes no more


class Problem(Exception):
    """Something that the user has to know, and what to do about it."""


@dataclass(frozen=True)
class Dataset:
    """A dataset's file of DVC and its bucket."""

    name: str
    path: str
    bucket: str
    store: str
    s3: Any

    def object_key(self, digest: str) -> str:
        """Where DVC keeps what has a digest."""
        return f"{self.store}files/md5/{digest[:2]}/{digest[2:]}"

    def record_prefix(self, version: str) -> str:
        """Where the record of a released version is; its name is DVC's."""
        return f"{self.store}{RELEASES}{version}/"


def dataset(name: str, root: Path = ROOT) -> Dataset:
    """The dataset of a name, by DVC's settings.

    Raises:
        Problem: If DVC has no such remote.
    """
    settings = configparser.ConfigParser()
    settings.read([root / ".dvc" / "config", root / ".dvc" / "config.local"])
    section = f"'remote \"{name}\"'"
    if section not in settings:
        known = ", ".join(item.split('"')[1] for item in settings.sections() if '"' in item)
        raise Problem(f"no dataset {name} in .dvc/config; use one of {known or 'none'}")
    bucket, _, prefix = settings[section]["url"].removeprefix("s3://").partition("/")
    return Dataset(
        name=name,
        path=f"datasets/{name}.dvc",
        bucket=bucket,
        store=f"{prefix.rstrip('/')}/",
        s3=import_module("boto3").client("s3", region_name=settings[section].get("region")),
    )


def dvc_version(about: Dataset, root: Path = ROOT) -> str:
    """The version that the dataset's file of DVC names.

    Raises:
        Problem: If there is none, or it is no folder's.
    """
    file = root / about.path
    if not file.exists():
        raise Problem(f"{about.path} is missing; run dvc add datasets/{about.name}")
    found = import_module("ruamel.yaml").YAML(typ="safe").load(file)
    version = str(found["outs"][0].get("md5", ""))
    if not version.endswith(".dir"):
        raise Problem(f"{about.path} names no folder; datasets/{about.name} has to be one")
    return version


def files_of(about: Dataset, version: str) -> dict[str, str]:
    """Digest by path of every file of a version that was pushed.

    Raises:
        Problem: If it was not.
    """
    try:
        got = about.s3.get_object(Bucket=about.bucket, Key=about.object_key(version))
    except about.s3.exceptions.NoSuchKey:
        raise Problem(
            f"version {version} is not in the bucket; "
            f"run dvc push --remote {about.name} {about.path}"
        ) from None
    return {item["relpath"]: item["md5"] for item in json.loads(got["Body"].read())}


def current(about: Dataset) -> tuple[str, dict[str, str]]:
    """What pipelines call the version that is released now, and the object version of each file."""
    pages = about.s3.get_paginator("list_object_versions")
    version, found = "", {}
    for page in pages.paginate(Bucket=about.bucket, Prefix=RELEASED):
        for item in page.get("Versions", []):
            if item["IsLatest"]:
                known = [item["Key"], item["VersionId"], item["ETag"]]
                text = json.dumps(known, separators=(",", ":"), ensure_ascii=False)
                version = hashlib.sha256(f"{version} {text}".encode()).hexdigest()
                found[item["Key"].removeprefix(RELEASED)] = item["VersionId"]
    return version, found


def record(about: Dataset, version: str) -> dict[str, Any]:
    """What the release of a version has recorded; nothing where it was no release."""
    prefix = about.record_prefix(version)
    listed = about.s3.list_objects_v2(Bucket=about.bucket, Prefix=prefix, MaxKeys=1)
    for item in listed.get("Contents", []):
        got = about.s3.get_object(Bucket=about.bucket, Key=item["Key"])
        found: dict[str, Any] = json.loads(got["Body"].read())
        return found
    return {}


def release(about: Dataset, wanted: str) -> str:
    """Make a pushed version the one that models are trained on; return what pipelines call it.

    Raises:
        Problem: If it was not pushed as a whole, or somebody else releases at the same time.
    """
    files = files_of(about, wanted)
    before, there = current(about)
    known = record(about, before)
    if known.get("dvc") == wanted:
        return before
    same = known.get("files", {})
    copied = sorted(path for path, digest in files.items() if same.get(path) != digest)
    with ThreadPoolExecutor(COPIES_AT_ONCE) as pool:
        for done in [pool.submit(_copy, about, path, files[path]) for path in copied]:
            done.result()
    for keys in _parts(sorted(there.keys() - files.keys())):
        answer = about.s3.delete_objects(
            Bucket=about.bucket,
            Delete={"Objects": [{"Key": f"{RELEASED}{key}"} for key in keys], "Quiet": True},
        )
        for error in answer.get("Errors", []):
            raise Problem(f"{error['Key']} cannot be hidden: {error['Code']} {error['Message']}")
    version, now = current(about)
    stay = [path for path in files.keys() - copied if now.get(path) != there.get(path)]
    if now.keys() != files.keys() or stay:
        raise Problem("somebody else has changed what is released meanwhile; release once more")
    text = json.dumps({"dvc": wanted, "files": files}, sort_keys=True)
    key = f"{about.record_prefix(version)}{wanted}"
    about.s3.put_object(Bucket=about.bucket, Key=key, Body=text.encode())
    return version


def _copy(about: Dataset, path: str, digest: str) -> None:
    source = {"Bucket": about.bucket, "Key": about.object_key(digest)}
    try:
        about.s3.copy(source, about.bucket, f"{RELEASED}{path}")
    except about.s3.exceptions.ClientError as exc:
        if exc.response["Error"]["Code"] not in ("404", "NoSuchKey"):
            raise
        raise Problem(
            f"{path} is not in the bucket; run dvc push --remote {about.name} {about.path}"
        ) from None


def _parts(keys: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(keys), KEYS_A_CALL):
        yield keys[start : start + KEYS_A_CALL]


def find(about: Dataset, version: str, root: Path = ROOT) -> tuple[str, list[str]]:
    """DVC's version of a data version, and the commits whose file of DVC names it, the oldest first.

    Raises:
        Problem: If it was never released.
    """
    wanted = version if version.endswith(".dir") else record(about, version).get("dvc")
    if wanted is None:
        raise Problem(f"{version} is no released version of {about.name}")
    told = subprocess.run(
        ["git", "log", "--all", "--reverse", "--format=%H", f"-S{wanted}", "--", about.path],
        cwd=root, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    return str(wanted), [commit for commit in told if _names(commit, about.path, wanted, root)]


def _names(commit: str, path: str, wanted: str, root: Path) -> bool:
    shown = subprocess.run(
        ["git", "show", f"{commit}:{path}"], cwd=root, capture_output=True, text=True, check=False
    )
    return wanted in shown.stdout


def main(arguments: list[str] | None = None) -> int:
    """Release, check or find."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for command in ("release", "check", "find"):
        added = commands.add_parser(command)
        added.add_argument("name", metavar="NAME", help="name of the dataset")
        if command == "find":
            added.add_argument(
                "version", metavar="VERSION", help="data version of a model or answer"
            )
    given = parser.parse_args(arguments)
    try:
        about = dataset(given.name)
        if given.command == "find":
            wanted, commits = find(about, given.version)
            print(f"DVC's version: {wanted}")
            for commit in commits[:1]:
                print(f"git checkout {commit} -- {about.path}")
                print(f"dvc pull --remote {about.name} {about.path}")
            if not commits:
                raise Problem(f"no commit of {about.path} names it; fetch all branches")
            return 0
        wanted = dvc_version(about)
        if given.command == "release":
            print(f"{wanted} is released as data version {release(about, wanted)}")
            return 0
        version, _ = current(about)
        if record(about, version).get("dvc") != wanted:
            raise Problem(f"{wanted} of {about.path} is not what is released")
        print(f"{wanted} is released as data version {version}")
    except Problem as problem:
        print(f"{given.name}: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
