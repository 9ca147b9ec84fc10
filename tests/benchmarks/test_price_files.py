"""Import of large files: memory does not grow with the file."""

import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.price_files import IMPORT, write_offer, write_plans

from groundplan.blueprints.catalogue import instance_types, regions

MORE_MIB = 6
"""What a file ten times as large may cost more; its own size would be twenty and more."""


def peak_mib(source: Path) -> float:
    code = IMPORT.format(source=str(source), out=str(source.with_suffix(".csv")))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(done.stderr.split()[1])


@pytest.mark.parametrize("write", [write_offer, write_plans])
def test_memory_is_flat(write: type, tmp_path: Path) -> None:
    names, places = list(instance_types())[:60], list(regions())
    small = write(tmp_path / "small.json", names, places[:1])
    large = write(tmp_path / "large.json", names, places[:12])

    assert large.stat().st_size > 8e6
    assert peak_mib(large) < peak_mib(small) + MORE_MIB
