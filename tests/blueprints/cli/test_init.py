"""`groundplan init`: each starting point plans by both engines; the form, at a real terminal."""

import csv
from pathlib import Path

import pytest
from tests.terminal import Terminal
from tests_support import run_command as groundplan

from groundplan.blueprints.plan import plan
from groundplan.blueprints.plan.engine import ENGINES
from groundplan.blueprints.spec import load_spec, parse_spec
from groundplan.blueprints.starting_points import (
    Answers,
    sample_files,
    spec_text,
    starting_points,
)

NAMES = sorted(starting_points())


@pytest.mark.parametrize("name", NAMES)
def test_a_starting_point_plans_by_both_engines_and_has_the_data_that_it_names(name: str) -> None:
    spec = parse_spec(spec_text(Answers(template=name)))
    samples = sample_files(name)

    for engine in ENGINES:
        assert plan(spec, engine=engine).stacks()
    assert sum(map(len, samples.values())) < 200_000
    if not samples:
        assert name == "blank"
        return
    about = samples["data/README.md"].decode()
    assert any(word in about for word in ("CC BY 4.0", "BSD", "public domain")), "no licence"
    for model in spec.models:
        own = [path for path in samples if path.startswith(f"data/{model.training.dataset}/")]
        folder = f"data/{model.training.dataset}" if own else "data"
        for part in ("train", "test"):
            rows = [
                row
                for path, content in samples.items()
                if path.startswith(f"{folder}/{part}/")
                for row in csv.DictReader(content.decode().splitlines(keepends=True))
            ]
            assert len(rows) > 20
            label = model.training.hyperparameters.get("label")
            assert label is None or label in rows[0]


def test_every_answer_is_in_the_spec() -> None:
    for name, point in starting_points().items():
        answers = Answers(
            template=name,
            project="fraud",
            organization="acme",
            owner="ml@acme.example",
            accounts=dict.fromkeys(point.accounts, "123123123123"),
            region="us-east-1",
            ci="gitlab",
            repository="acme/ml/fraud",
            budget=750,
        )
        spec = parse_spec(spec_text(answers))

        assert (spec.project, spec.organization, spec.owner) == ("fraud", "acme", answers.owner)
        assert set(spec.accounts.values()) == {"123123123123"}
        assert {item.region for item in spec.environments} == {"us-east-1"}
        assert spec.delivery is not None and spec.delivery.ci == "gitlab"
        assert spec.delivery.repository == "acme/ml/fraud"
        assert spec.cost is not None and spec.cost.budget_usd_per_month == 750


def test_the_minimal_spec_is_short() -> None:
    assert len(spec_text(Answers(template="minimal")).splitlines()) <= 15


def test_names_that_yaml_reads_as_something_else_stay_names() -> None:
    spec = parse_spec(spec_text(Answers(project="null", organization="true")))

    assert (spec.project, spec.organization) == ("null", "true")


def test_a_pipe_is_never_asked(tmp_path: Path) -> None:
    done = groundplan("init", tmp_path / "new", "--template", "tabular", "--account", "1" * 12)

    assert done.returncode == 0, done.stderr
    spec = load_spec(tmp_path / "new" / "groundplan.yaml")
    assert set(spec.accounts.values()) == {"1" * 12}
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [
        "data",
        "groundplan.schema.json",
        "groundplan.yaml",
    ]
    for command in ("plan", "cost", "generate", "rehearse"):
        assert f"groundplan {command} " in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--account", "12"), "--account: an account id has 12 digits, got '12'"),
        (("--account", "prod=" + "1" * 12), "--account: blank has no such account, got 'prod'"),
        (("--region", "eu-wst-1"), "unknown region, got 'eu-wst-1'; did you mean 'eu-west-1'?"),
        (("--ci", "gitlab"), "--ci: needs a repository, got 'gitlab'; give --repository too"),
        (("--budget", "100"), "--budget: needs an owner, who is told, got 100; give --owner too"),
        (("--account", "1" * 12, "--account", "2" * 12), "--account: given twice for all accounts"),
        (("--owner", ""), "owner: must be an e-mail address, got ''"),
    ],
)
def test_fails_on_a_wrong_answer_and_writes_nothing(
    tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    done = groundplan("init", tmp_path / "deep" / "new", *arguments)

    assert done.returncode == 2
    assert message in done.stderr
    assert not any(tmp_path.iterdir())


def test_an_account_by_its_key_counts_more_than_the_one_for_all(tmp_path: Path) -> None:
    given = ("--account", "prod=999999999999", "--account", "1234-1234-1234")
    done = groundplan("init", tmp_path / "a b", "--template", "tabular", *given)

    assert done.returncode == 0, done.stderr
    spec = load_spec(tmp_path / "a b" / "groundplan.yaml")
    assert spec.accounts["prod"] == "999999999999"
    assert spec.accounts["tooling"] == spec.accounts["staging"] == "123412341234"
    # as a shell reads it
    assert f"  groundplan plan '{tmp_path}/a b/groundplan.yaml'\n" in done.stdout


def test_fails_where_sample_data_would_overwrite(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "README.md").write_text("mine")

    done = groundplan("init", tmp_path, "--template", "minimal")

    assert done.returncode == 2
    assert "data/README.md: would be overwritten" in done.stderr
    assert [path.name for path in tmp_path.rglob("*")] == ["data", "README.md"]


def test_a_terminal_is_asked_until_answers_are_valid(tmp_path: Path) -> None:
    form = Terminal("init", tmp_path / "new")
    for expected, text in (
        ("Kind of model", "tabula"),
        ("", "r\n"),
        ("Project [my-project]:", "My Fraud\n"),
        ("got 'My Fraud'; rename it\nProject", "fraud\n"),
        ("Organisation", "acme\n"),
        ("alarms", "nobody\n"),
        ("must be an e-mail address, got 'nobody'", "ml@acme.example\n"),
        ("Region", "eu-west-9\n"),
        ("did you mean 'eu-west-3'?\nRegion", "eu-central-1\n"),
        ("Accounts: one for all, or one each for tooling, staging, prod", "several\n"),
        ("Account id of tooling", "123\n"),
        ("an account id has 12 digits, got '123'", "1234-5678-9012\n"),
        ("Account id of staging", "\n"),
        ("Account id of prod", "\n"),
        ("CI system", "gitlab\n"),
        ("Its repository [acme/fraud]:", "\n"),
        ("Budget", "much\n"),
        ("must be a whole number of USD, got 'much'", "800\n"),
        ("Write this to", "\n"),
    ):
        form.answer(expected, text)

    assert form.end() == 0, form.shown
    spec = load_spec(tmp_path / "new" / "groundplan.yaml")
    assert (spec.project, spec.owner) == ("fraud", "ml@acme.example")
    assert spec.accounts["tooling"] == "123456789012"
    assert spec.delivery is not None and spec.delivery.repository == "acme/fraud"
    assert "project: fraud" in form.shown.split("Write this to")[0]  # shown before it is written


@pytest.mark.parametrize(("expected", "typed"), [("Region", "\x03"), ("Write this to", "n\n")])
def test_giving_up_leaves_nothing_behind(tmp_path: Path, expected: str, typed: str) -> None:
    form = Terminal("init", tmp_path / "deep" / "new", "--owner", "ml@acme.example")
    for question in ("Kind", "Project", "Organisation", "Region", "Accounts"):
        if question == expected:
            break
        form.answer(question, "one\n" if question == "Accounts" else "\n")
    else:
        for question in ("Account id", "CI system", "repository", "Budget"):
            form.answer(question, "\n")
    form.answer(expected, typed)

    assert form.end() == 130, form.shown
    assert "nothing was written" in form.shown
    assert not any(tmp_path.iterdir())


def test_a_budget_in_the_command_makes_the_owner_the_only_question_about_it(tmp_path: Path) -> None:
    form = Terminal("init", tmp_path / "new", "--budget", "800")
    for expected, text in (
        ("Kind", "minimal\n"),
        ("Project", "\n"),
        ("Organisation", "\n"),
        ("alarms", "\n"),
        ("a budget tells the owner", "ml@acme.example\n"),
        ("Region", "\n"),
        ("Account id", "\n"),
        ("CI system", "none\n"),
        ("Write this to", "\n"),
    ):
        form.answer(expected, text)

    assert form.end() == 0, form.shown
    cost = load_spec(tmp_path / "new" / "groundplan.yaml").cost
    assert cost is not None and cost.budget_usd_per_month == 800


def test_fails_on_a_wrong_option_before_the_first_question(tmp_path: Path) -> None:
    form = Terminal("init", tmp_path / "new", "--region", "eu-wst-1")

    assert form.end() == 2
    assert "unknown region, got 'eu-wst-1'" in form.shown
    assert "Kind" not in form.shown


def test_yes_asks_nothing_on_a_terminal(tmp_path: Path) -> None:
    form = Terminal("init", tmp_path / "new", "--yes")

    assert form.end() == 0, form.shown
    assert load_spec(tmp_path / "new" / "groundplan.yaml").project == "my-project"
