"""``groundplan cost``, and the cost in ``groundplan diff``, as a user calls them."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from cost_cases import document, price_file
from tests_support import run_command

from groundplan.blueprints.cli import cli


def groundplan(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [*map(str, arguments)])


def write(folder: Path, name: str, cost: dict[str, Any] | None = None, **changes: Any) -> Path:
    price_file(folder)
    path = folder / f"{name}.json"
    data = document(name, cost={"prices": "prices.csv", **(cost or {})}, **changes)
    path.write_text(json.dumps(data), "utf-8")
    return path


def test_json_is_the_same_in_every_process(tmp_path: Path) -> None:
    spec = write(tmp_path, "shop", {"savings_plan": {"assumed_discount": 0.25}})
    first, second = (run_command("cost", spec, "--format", "json") for _ in range(2))
    assert (first.returncode, first.stderr, first.stdout) == (0, "", second.stdout)
    assert json.loads(first.stdout)["usd_per_month"] == "151.80"


@pytest.mark.parametrize(("budget", "code"), [("151.80", 0), ("151.79", 1)])
def test_a_budget_that_is_exceeded_exits_1(tmp_path: Path, budget: str, code: int) -> None:
    done = groundplan("cost", write(tmp_path, "shop"), "--budget", budget)
    assert done.exit_code == code
    assert ("--budget: exceeded, got 151.80 USD; raise it from 151.79" in done.stderr) == bool(code)


@pytest.mark.parametrize(("budget", "code"), [(115.30, 0), (115.29, 1)])
def test_a_bought_commitment_lowers_what_a_budget_is_for(
    tmp_path: Path, budget: float, code: int
) -> None:
    plan = {"assumed_discount": 0.25, "commitment_usd_per_hour": 0.15}
    spec = write(tmp_path, "shop", {"budget_usd_per_month": budget, "savings_plan": plan})
    assert groundplan("cost", spec).exit_code == code


def test_several_specs_are_pooled_and_priced_by_line(tmp_path: Path) -> None:
    one = write(tmp_path, "shop", {"savings_plan": {"assumed_discount": 0.25}})
    done = groundplan("cost", one, write(tmp_path, "stock"), "--lines")
    assert done.exit_code == 0
    assert "commit 0.30000 USD an hour (ASSUMED): saves 73.00 USD a month" in done.stdout
    assert "by hand (2026-11, high confidence)" in done.stdout
    assert "303.60" in done.stdout


def test_the_request_to_buy_is_a_file_and_says_what_it_rests_on(tmp_path: Path) -> None:
    spec = write(tmp_path, "shop", {"savings_plan": {"assumed_discount": 0.25}})
    request = tmp_path / "buy.json"
    assert groundplan("cost", spec, "--purchase-request", request).exit_code == 0
    assert json.loads(request.read_text())["commitment"] == "0.15000"
    assert "ASSUMED discount of 25%" in (tmp_path / "buy.json.md").read_text()


def test_pictures_are_files(tmp_path: Path) -> None:
    spec = write(tmp_path, "shop")
    for form, start in (("svg", "<svg"), ("html", "<!doctype html>")):
        out = tmp_path / f"cost.{form}"
        assert groundplan("cost", spec, "--format", form, "--out", out).exit_code == 0
        text = out.read_text("utf-8")
        assert text.startswith(start)
        assert "http" not in text.replace("http://www.w3.org/2000/svg", "")


def test_other_ways_to_serve_are_in_the_table_and_in_json(tmp_path: Path) -> None:
    models = document()["models"]
    models[0]["serving"] = {
        "instance": "ml.m5.large",
        "traffic": {"base_rps": 1},
        "service_time_ms": {"mean": 50, "cv": 0.5},
        "latency": {"max_ms": 400},
    }
    spec = write(tmp_path, "shop", models=models)
    table = groundplan("cost", spec, "--alternatives").stdout
    assert "ways to serve shop/prod/demand on ml.m5.large" in table
    assert "no price is known for batch_transform of ml.m5.large in ca-central-1" in table
    assert "groundplan deploys realtime and batch so far" in table
    found = json.loads(groundplan("cost", spec, "--alternatives", "--format", "json").stdout)
    ways = {way["kind"]: way for way in found["alternatives"][0]["ways"]}
    assert ways["realtime"]["usd_per_month"] == "146.00"
    assert ways["batch"]["usd_per_month"] is None
    assert not ways["serverless"]["deployed_by_groundplan"]
    assert "alternatives" not in json.loads(groundplan("cost", spec, "--format", "json").stdout)
    refused = run_command("cost", spec, "--alternatives", "--format", "svg")
    assert refused.returncode == 2
    assert "--alternatives: no picture shows them, got 'svg'" in refused.stderr
    plain = write(tmp_path, "plain")
    assert "No endpoint is sized" in groundplan("cost", plain, "--alternatives").stdout


def test_fails_on_wrong_input(tmp_path: Path) -> None:
    spec = write(tmp_path, "shop")
    twice = run_command("cost", spec, spec)
    assert twice.returncode == 2
    assert "another spec is of this project, got 'shop'; leave one out" in twice.stderr
    nothing = run_command("cost", spec, "--purchase-request", tmp_path / "buy.json")
    assert nothing.returncode == 2
    assert "needs exactly one commitment to buy, got 'none'" in nothing.stderr
    assert not (tmp_path / "buy.json").exists()


def test_diff_shows_the_change_in_cost_and_stops_at_a_threshold(tmp_path: Path) -> None:
    old = write(tmp_path, "shop")
    data = json.loads(old.read_text())
    data["models"][0]["serving"]["instances"]["min"] = 3
    new = tmp_path / "new.json"
    new.write_text(json.dumps(data))
    done = groundplan("diff", old, new, "--format", "json", "--max-increase", "73")
    assert done.exit_code == 0
    cost = json.loads(done.stdout)["cost"]
    assert cost["change_usd_per_month"] == "73.00"
    assert [line["id"] for line in cost["lines"]] == ["prod/demand/endpoint"]
    stopped = groundplan("diff", old, new, "--max-increase", "72.99")
    assert stopped.exit_code == 1
    assert "+73.00 USD a month on demand" in stopped.stdout
    assert "--max-increase: the cost grows too much, got 73.00 USD a month" in stopped.stderr


def test_diff_of_a_stored_plan_has_no_cost(tmp_path: Path) -> None:
    spec = write(tmp_path, "shop")
    stored = tmp_path / "plan.json"
    stored.write_text(groundplan("plan", spec, "--format", "json").stdout)
    done = groundplan("diff", stored, spec, "--format", "json")
    assert json.loads(done.stdout)["cost"] is None
    refused = run_command("diff", stored, spec, "--max-increase", "1")
    assert refused.returncode == 2
    assert "a stored plan does not say what it costs" in refused.stderr
