"""The real ``pulumi`` command as a subprocess, with a local backend and against an emulator."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from groundplan.blueprints.errors import EnvironmentFault

INSTALL = "install it from https://www.pulumi.com/docs/install/, and its AWS plugin with: pulumi plugin install resource aws"
PASSPHRASE = "groundplan"
"""Encrypts the secrets of stacks that last as long as a trial; there are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PulumiCommand:
    """The command and the project that it works on."""

    program: Path
    """The ``pulumi`` program."""

    project: Path
    """Directory of ``Pulumi.yaml``."""

    environment: Mapping[str, str]
    """Whole environment of the command."""

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run ``pulumi`` and return what it printed, whether it succeeded or not."""
        return subprocess.run(
            self.line(*arguments),
            cwd=self.project,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def line(self, *arguments: str) -> list[str]:
        """Return the command line for ``arguments``."""
        return [str(self.program), *arguments, "--non-interactive", "--color", "never"]


def environment(base: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return the environment of the command.

    State goes to a folder, nothing is asked, and nothing is downloaded.

    Args:
        base: Environment with an emulator's address and dummy credentials.
        folder: Directory of the state; made when it is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # The language host takes the first python3 on the PATH: this one, which has groundplan.
    path = os.pathsep.join([str(Path(sys.executable).parent), base.get("PATH", "")])
    kept = {key: value for key, value in base.items() if not key.startswith("PULUMI_")}
    home = {key: base[key] for key in ("PULUMI_HOME",) if key in base}
    return {
        **kept,
        **home,
        "NO_PROXY": "localhost,.localhost,127.0.0.1",
        "PATH": path,
        "PULUMI_BACKEND_URL": f"file://{folder.resolve()}",
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }


def find_pulumi() -> Path:
    """Return the ``pulumi`` program, if its plugins of Python and AWS are there too.

    Raises:
        EnvironmentFault: If any of them is missing, or the AWS plugin is older than the SDK.
    """
    found = shutil.which("pulumi")
    if found is None:
        raise _missing("the pulumi command is not on the PATH", "no pulumi")
    if shutil.which("pulumi-language-python", path=_beside(found)) is None:
        raise _missing("pulumi's language host of Python is not on the PATH", found)
    done = subprocess.run(
        [found, "plugin", "ls", "--json"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise _missing("pulumi plugin ls fails", done.stderr.strip()[-200:])
    wanted = version("pulumi-aws")
    versions = plugin_versions(done.stdout)
    # The engine accepts a plugin that is as new as the SDK, or newer.
    if not any(_numbers(item) >= _numbers(wanted) for item in versions):
        raise _missing(f"pulumi has no AWS plugin of version {wanted} or later", versions or None)
    return Path(found)


def plugin_versions(listed: str) -> list[str]:
    """Return the versions of the AWS plugin in what ``pulumi plugin ls --json`` prints."""
    return [
        item["version"]
        for item in json.loads(listed or "[]") or []
        if item["name"] == "aws" and item["kind"] == "resource" and item.get("version")
    ]


def _beside(program: str) -> str:
    folders: Sequence[str] = (str(Path(program).resolve().parent), os.environ.get("PATH", ""))
    return os.pathsep.join(folders)


def _missing(problem: str, got: object) -> EnvironmentFault:
    return EnvironmentFault("pulumi", problem, got=got, fix=INSTALL)


def _numbers(text: str) -> tuple[int, ...]:
    release = text.removeprefix("v").split("-")[0].split("+")[0]
    return tuple(int(item) for item in release.split("."))
