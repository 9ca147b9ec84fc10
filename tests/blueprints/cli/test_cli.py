"""The command as a user calls it: a process, its output, its exit code."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests_support import ROOT
from tests_support import run_command as groundplan

from groundplan.blueprints.cli.options import print_table

CHURN = ROOT / "examples" / "churn" / "groundplan.yaml"


def test_init_is_valid_and_never_overwrites(tmp_path: Path) -> None:
    assert groundplan("init", tmp_path).returncode == 0
    assert json.loads((tmp_path / "groundplan.schema.json").read_text())["properties"]
    assert groundplan("plan", tmp_path / "groundplan.yaml").returncode == 0
    (tmp_path / "groundplan.yaml").write_text("mine")
    again = groundplan("init", tmp_path)
    assert again.returncode == 2
    assert "would be overwritten" in again.stderr
    assert (tmp_path / "groundplan.yaml").read_text() == "mine"


def test_plan_json_is_only_json() -> None:
    done = groundplan("plan", CHURN, "--format", "json")
    assert done.stderr == ""
    assert json.loads(done.stdout)["project"] == "churn"


def test_plan_of_one_environment() -> None:
    done = groundplan("plan", CHURN, "--env", "staging", "--format", "json")
    assert json.loads(done.stdout)["id"] == "staging"
    assert "churn-staging-state" in groundplan("plan", CHURN, "--env", "staging").stdout


def test_diff_refuses_lost_data_until_it_is_named(tmp_path: Path) -> None:
    new = tmp_path / "new.yaml"
    new.write_text(CHURN.read_text().replace("customers", "clients"))
    stored = tmp_path / "old.json"
    stored.write_text(groundplan("plan", CHURN, "--format", "json").stdout)

    refused = groundplan("diff", stored, new)
    ids = json.loads(groundplan("diff", CHURN, new, "--format", "json").stdout)["refused"]

    assert refused.returncode == 1
    assert ids == ["data/data-state/CustomersBucket", "data/data-state/CustomersKey"]
    assert all(id in refused.stderr for id in ids)
    allowed = [item for id in ids for item in ("--allow-replace", id)]
    assert groundplan("diff", stored, new, *allowed).returncode == 0
    assert groundplan("diff", CHURN, CHURN).stdout == "nothing changes\n"


def test_diff_names_widened_permissions_and_refuses_them_on_demand(tmp_path: Path) -> None:
    new = tmp_path / "new.yaml"
    writer = '"arn:aws:iam::999999999999:role/copy"'
    new.write_text(
        CHURN.read_text().replace('role/billing-export"]', f'role/billing-export", {writer}]')
    )

    shown = groundplan("diff", CHURN, new)
    strict = groundplan("diff", CHURN, new, "--fail-on-widened")
    found = json.loads(groundplan("diff", CHURN, new, "--format", "json").stdout)["permissions"]

    assert shown.returncode == 0 and "widened permissions" in shown.stdout
    assert {item["subject"] for item in found["widened"]} == {
        "data/data-state/CustomersBucket",
        "data/data-state/CustomersKey",
    }
    assert strict.returncode == 1
    assert "accept it with --allow-widened data/data-state/CustomersBucket" in strict.stderr
    allowed = [
        part
        for item in ("data/data-state/CustomersBucket", "data/data-state/CustomersKey")
        for part in ("--allow-widened", item)
    ]
    assert groundplan("diff", CHURN, new, "--fail-on-widened", *allowed).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("validate", "absent.yaml"), "absent.yaml"),
        (("plan", str(CHURN), "--env", "prd"), "--env: no such environment, got 'prd'; use one of"),
        (("diff", str(CHURN), str(CHURN), "--allow-replace", "x"), "nothing of that id changes"),
        (("diff", str(CHURN), str(CHURN), "--allow-widened", "x"), "nothing of that id changes"),
        (("plann", str(CHURN)), "no such command, got 'plann'; did you mean 'plan'?"),
        (("plan", str(CHURN), "--format", "yaml"), "yaml"),
        (("validate",), "SPEC"),
    ],
)
def test_fails_with_exit_2_and_no_traceback(arguments: tuple[str, ...], text: str) -> None:
    done = groundplan(*arguments)
    assert done.returncode == 2
    assert text in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_engines_are_not_imported_by_the_offline_commands() -> None:
    code = (
        "import sys; from groundplan.blueprints.cli import cli\n"
        f"cli(['plan', {str(CHURN)!r}], standalone_mode=False)\n"
        "heavy = {'aws_cdk', 'pulumi', 'boto3', 'moto', 'jinja2'} & set(sys.modules)\n"
        "sys.exit(repr(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_bootstrap_writes_once(tmp_path: Path) -> None:
    out = tmp_path / "day-0"
    assert groundplan("bootstrap", CHURN, "--out", out).returncode == 0
    assert (out / "README.md").is_file()
    assert (out / "333333333333" / "stage-0.template.json").is_file()
    again = groundplan("bootstrap", CHURN, "--out", out)
    assert again.returncode == 3
    assert "must not exist yet" in again.stderr


def test_doctor_without_credentials_is_a_fault_of_the_environment(tmp_path: Path) -> None:
    nobody = {
        **{key: value for key, value in os.environ.items() if not key.startswith("AWS_")},
        "AWS_CONFIG_FILE": str(tmp_path / "none"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"),
    }
    done = subprocess.run(
        [sys.executable, "-m", "groundplan.blueprints.cli", "doctor", str(CHURN)],
        env=nobody,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert "no account of the project can be reached" in done.stderr
    assert "Traceback" not in done.stderr


def test_tables_in_a_pipe_are_what_their_cells_hold(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("title", ["column", ""], [["datasets[prod]", ""], ["x" * 200, "y"]])

    lines = capsys.readouterr().out.splitlines()
    assert any(line.strip() == "datasets[prod]" for line in lines)  # no markup
    assert any("x" * 200 in line for line in lines)  # not wrapped
    assert all(line == line.rstrip() for line in lines)
    assert max(len(line) for line in lines if "─" in line) <= 100
