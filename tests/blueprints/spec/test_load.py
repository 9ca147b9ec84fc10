import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from groundplan.blueprints.errors import SpecErrors
from groundplan.blueprints.spec import ProjectSpec, load_spec, parse_spec, validate_spec

HERE = Path(__file__).parent

TEN_MISTAKES = """\
project: churn
organization: acme
owner: nobody
accounts: {main: "11111111111"}
environments:
  - {name: dev, account: mian, region: eu-wset-1}
datasets:
  - {name: customers, readers: [prd], quality: [{column: age, min: 9, max: 1}]}
models:
  - name: churn
    training: {datset: customers, image: churn-train, instance: ml.m5.xlrge}
    evaluation: {gates: [{metric: auc}]}
    serving: {instances: {min: 2, max: 1}}
"""


def test_ten_mistakes_are_ten_errors_with_positions(errors: Callable[[str], list[str]]) -> None:
    assert errors(TEN_MISTAKES) == [
        "3:8: owner: must be an e-mail address, got 'nobody'; use one like 'team@acme.example'",
        (
            "4:18: accounts.main: an account id has 12 digits, got '11111111111'; "
            "write all 12 in quotes"
        ),
        (
            "6:26: environments[0].account: not one of the spec's accounts, got 'mian'; "
            "did you mean 'main'?"
        ),
        "6:40: environments[0].region: unknown region, got 'eu-wset-1'; did you mean 'eu-west-1'?",
        (
            "8:33: datasets[0].readers[0]: not one of the spec's environments, got 'prd'; "
            "add it there, or use 'dev'"
        ),
        (
            "8:68: datasets[0].quality[0].min: must be at most max, which is 1, got 9; "
            "exchange the two"
        ),
        "11:16: models[0].training.datset: unknown field, got 'datset'; did you mean 'dataset'?",
        (
            "11:65: models[0].training.instance: unknown instance type, got 'ml.m5.xlrge'; "
            "did you mean 'ml.m5.xlarge'?"
        ),
        (
            "12:26: models[0].evaluation.gates[0]: a gate needs a bound, got only a metric; "
            "add 'min' or 'max'"
        ),
        (
            "13:40: models[0].serving.instances.max: must be at least min, which is 2, got 1; "
            "raise it, or remove it"
        ),
    ]


def test_smallest_spec_has_defaults(smallest: str) -> None:
    assert len(smallest.splitlines()) <= 15

    spec = parse_spec(smallest)

    assert spec.environments[0].stage == "development"
    assert spec.training_environment is spec.environments[0]
    assert {spec.account_id(key) for key in ("main", "tooling", "data")} == {"111111111111"}
    model = spec.models[0]
    assert model.training.instance == "ml.m5.xlarge"
    assert model.training.spot is not None and model.training.spot.fallback == "on_demand"
    assert model.serving is None


def test_full_spec_is_read_as_written() -> None:
    spec = load_spec(HERE / "full.yaml")

    assert spec.accounts["data"] == "222222222222"
    assert spec.training_environment.name == "prod"
    assert spec.account_id("tooling") == "111111111111"
    assert spec.datasets[0].quality[3].allowed == ("AT", "CH", "DE", "NO")
    assert dict(spec.models[0].training.hyperparameters) == {
        "epochs": 40,
        "learning_rate": 0.0003,
        "optimizer": "adam",
        "augment": True,
    }
    assert spec.models[1].training.spot is None
    assert spec.environments[2].overrides.network is not None
    assert spec.environments[2].overrides.network.mode == "isolated"


def test_yaml_json_and_objects_give_the_same_spec(full: str, tmp_path: Path) -> None:
    data = yaml.safe_load(full)
    file = tmp_path / "spec.json"
    file.write_text(json.dumps(data))

    specs = [parse_spec(full), load_spec(file), validate_spec(data), ProjectSpec(**data)]

    assert all(spec == specs[0] for spec in specs)


def test_objects_have_paths_without_positions() -> None:
    with pytest.raises(SpecErrors) as caught:
        validate_spec({"project": "churn", "accounts": {"main": 1}})

    assert str(caught.value).splitlines()[0] == (
        "accounts.main: an account id has 12 digits, got 1; "
        "put all 12 digits in quotes, since a number loses its leading zeros"
    )


def test_objects_keep_the_rules_when_built_directly(smallest: str) -> None:
    data = yaml.safe_load(smallest)
    data["models"][0]["training"]["dataset"] = "orders"

    with pytest.raises(ValueError, match=r"models\[0\].training.dataset: not one of the spec's"):
        ProjectSpec(**data)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a spec must be a mapping, got nothing; write fields like 'project: churn'"),
        ("- a", "1:1: a spec must be a mapping, got a list; write fields like 'project: churn'"),
        ("hello", "1:1: a spec must be a mapping, got 'hello'; write fields like 'project: churn'"),
        (
            "a: {b: 1",
            (
                "2:1: not YAML: did not find expected ',' or '}', got the end of the file; "
                "correct the quotes, brackets or indentation here or above"
            ),
        ),
        (
            "a:\n\t- 1",
            (
                "2:1: not YAML: found character that cannot start any token, got '- 1'; "
                "correct the quotes, brackets or indentation here or above"
            ),
        ),
        ("a: 1\n---\nb: 2", "2:1: more than one document, got '---'; keep one spec a file"),
        ("a: \0", "1:4: not text that YAML allows, got character 0; remove it"),
        (
            "a: &x [*x]",
            (
                "1:8: a[0]: an alias of something that is not defined before it, got '*x'; "
                "write the value out"
            ),
        ),
        ("[" * 100_000, "1:42: nested deeper than 40 levels, got 41 levels; flatten it"),
        ("- " * 100_000, "1:83: nested deeper than 40 levels, got 41 levels; flatten it"),
        ("a: \ud800", "1:4: not UTF-8, got other bytes; save it as UTF-8"),
    ],
)
def test_fails_on_a_document_that_cannot_be_read(
    text: str, message: str, errors: Callable[[str], list[str]]
) -> None:
    assert [line.removeprefix("spec: ").strip() for line in errors(text)] == [message]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: !!python/name:os.system x", ("1:4: a: tags are not supported, got "
         "'tag:yaml.org,2002:python/name:os.system'; "
         "remove the tag, values have the type that they look like")),
        ("a: {<<: {b: 1}}", "1:5: a: merge keys are not supported, got '<<'; write the fields out"),
        ("? [a]\n: b", "1:3: a key must be text, got a list, mapping or alias; use a word"),
        ("owner: a\nowner: b", ("2:1: owner: duplicate key, got 'owner'; "
         "keep one, the first is on line 1")),
    ],
)  # fmt: skip
def test_fails_on_yaml_that_surprises(
    text: str, message: str, errors: Callable[[str], list[str]]
) -> None:
    assert message in errors(text)


def test_fails_on_an_alias_bomb(errors: Callable[[str], list[str]]) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]

    [message] = errors("\n".join(lines))

    assert "more than 100000 values" in message


def test_fails_on_aliases_that_nest_too_deep(errors: Callable[[str], list[str]]) -> None:
    lines = ["a0: &a0 [x]", *(f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, 60))]

    [message] = errors("\n".join(lines))

    assert message.startswith("1:1: nested deeper than 40 levels, got a structure inside itself")


def test_an_alias_is_read_and_its_mistakes_are_at_its_place(smallest: str) -> None:
    text = smallest.replace("account: main", "account: &a maine").replace("churn-train", "*a")

    with pytest.raises(SpecErrors) as caught:
        parse_spec(text, "spec")

    assert [(p.line, p.path) for p in caught.value.problems] == [(5, "environments[0].account")]


@pytest.mark.parametrize(
    ("written", "account"),
    [("111111111111", "111111111111"), ("'012345678901'", "012345678901"),
     ("012345678901", "012345678901")],
)  # fmt: skip
def test_an_account_id_needs_no_quotes(written: str, account: str, smallest: str) -> None:
    spec = parse_spec(smallest.replace('"111111111111"', written))

    assert spec.accounts == {"main": account}


@pytest.mark.parametrize(
    ("written", "value"),
    [("yes", "yes"), ("12:30", "12:30"), ("2026-01-01", "2026-01-01"), ("0x1f", "0x1f"),
     ("1_000", "1_000"), (".5", 0.5), ("1e3", 1000.0), ("-7", -7), ("True", True), ("e1", "e1"),
     ("'1'", "1")],
)  # fmt: skip
def test_plain_values_are_those_of_yaml_1_2(written: str, value: object, smallest: str) -> None:
    text = smallest.replace("image: churn-train", f"image: x1, hyperparameters: {{v: {written}}}")

    assert parse_spec(text).models[0].training.hyperparameters["v"] == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"project": }', ('1:13: project: not JSON: expected a value, got \'}\'; '
         "write one, text in double quotes")),
        ('{"a": 1 "b"}', "1:9: not JSON: expected ',' or '}', got '\"b\"}'; write ',' or '}'"),
        ("{a: 1}", "1:2: not JSON: expected a key, got 'a: 1}'; write a key in double quotes"),
        ('{"a": NaN}', ("1:7: a: not JSON: expected a value, got 'NaN}'; "
         "write one, text in double quotes")),
        ("[" * 100_000, "1:42: nested deeper than 40 levels, got 41 levels; flatten it"),
        ("{} {}", "1:4: not JSON: text after the end of the JSON value, got '{}'; remove it"),
        ('{"a": "b', ("1:7: a: not JSON: unterminated string starting at, got '\"b'; "
         "correct the text in quotes")),
    ],
)  # fmt: skip
def test_fails_on_text_that_is_not_json(text: str, message: str) -> None:
    with pytest.raises(SpecErrors) as caught:
        parse_spec(text, "spec", "json")

    assert str(caught.value) == f"spec:{message}"


def test_json_errors_have_positions() -> None:
    text = '{"project": "churn",\n "project": "x",\n "owner": "\\ud800"}'

    with pytest.raises(SpecErrors) as caught:
        parse_spec(text, "spec", "json")

    found = {(p.line, p.column, p.path, p.problem) for p in caught.value.problems}
    assert (2, 2, "project", "duplicate key") in found
    assert (3, 11, "owner", "must be Unicode text") in found


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.yaml", "missing.yaml: no such file, got 'missing.yaml'; check the path"),
        (".", ".: is a directory, got '.'; name the file in it"),
        ("file/inside", "file/inside: cannot be read, got 'not a directory'; check the path"),
        ("a\0b", "a\0b: cannot be read, got 'a name with nul'; check the path"),
        ("latin", "latin:2:4: not UTF-8, got other bytes; save it as UTF-8"),
        ("large", "large: larger than 1000000 bytes, got more; name a spec"),
    ],
)
def test_fails_on_a_file_that_cannot_be_read(
    name: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "latin").write_bytes(b"a: 1\nb: \xff")
    (tmp_path / "large").write_bytes(b"#" * 1_000_001)
    monkeypatch.chdir(tmp_path)

    with pytest.raises(SpecErrors) as caught:
        load_spec(name)

    assert str(caught.value) == message


def test_a_byte_order_mark_is_no_part_of_the_spec(smallest: str) -> None:
    assert parse_spec(b"\xef\xbb\xbf" + smallest.encode()).project == "churn"
