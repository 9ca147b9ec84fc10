import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests_support import run_command as groundplan

FACTS = ("--instance", "ml.m5.large", "--min", "4", "--max-ms", "300")


@pytest.fixture
def export(tmp_path: Path) -> Path:
    start = datetime(2026, 9, 7, tzinfo=UTC)
    times = [(start + timedelta(hours=hour)).isoformat() for hour in range(168)]
    values = {"Invocations": 7200, "ModelLatency p50": 30_000, "ModelLatency p99": 90_000}
    file = tmp_path / "metrics.json"
    results = [
        {"Label": name, "Timestamps": times, "Values": [value] * 168, "StatusCode": "Complete"}
        for name, value in values.items()
    ]
    file.write_text(json.dumps({"MetricDataResults": results}))
    return file


def test_says_what_to_change_and_what_it_saves(export: Path) -> None:
    done = groundplan("size", "--from", export, *FACTS, "--format", "json")
    said = json.loads(done.stdout)

    assert (done.returncode, done.stderr) == (0, "")
    assert [(item["what"], item["now"], item["proposed"]) for item in said["advice"]] == [
        ("instances.min", "4", "2"),
        ("instances.max", "4", "2"),
    ]
    assert said["saving_usd_per_month"] == round(2 * 0.115 * 730, 2)
    table = groundplan("size", "--from", export, *FACTS).stdout
    assert "4.00 instances on average, 2.00 as proposed: saves 167.90 USD a month" in table


def test_what_fits_is_left_alone(export: Path) -> None:
    done = groundplan("size", "--from", export, "--instance", "ml.m5.large", "--min", "2",
                      "--max-ms", "300")  # fmt: skip
    assert done.stdout.startswith("it fits: nothing to change\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--max-ms", "50"), "no number of instances meets it"),
        (("--instance", "ml.m5.lrge"), "--instance: is not known, got 'ml.m5.lrge'; did you mean"),
        (("--region", "mars-1"), "--region: is not known, got 'mars-1'; "),
        (("--max", "2"), "--max: must be at least --min, which is 4, got 2; raise it"),
        (("--from", "absent.json"), "absent.json: cannot be read, got 'no such file or directory'"),
    ],
)
def test_fails_without_a_traceback(arguments: tuple[str, str], message: str, export: Path) -> None:
    done = groundplan("size", "--from", export, *FACTS, *arguments)

    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
