"""A mistake is reported once, and does not hide or cause others."""

from collections.abc import Callable

import pytest

Edited = Callable[..., list[str]]


def paths(messages: list[str]) -> list[str]:
    return [message.split(": ")[0] for message in messages]


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        pytest.param(
            [("  - name: frames\n", "  - name: Frames\n"), ("max: 0.02", "maximum: 0.02")],
            ["datasets[0].name", "models[0].evaluation.gates[0].maximum"],
            id="a misspelt field is no missing field, a wrong name no unknown name",
        ),
        pytest.param(
            [("organization: acme\n", ""), ("max_wait_hours: 8", "max_wait_hours: 3")],
            ["organization", "models[0].training.spot.max_wait_hours"],
            id="a missing field does not hide a rule",
        ),
        pytest.param(
            [("- {column: captured_at, type: timestamp, max_age_hours: 26}", "- 5"),
             ("min: 0, max: 1}", "min: 2, max: 1}")],
            ["datasets[0].quality[1]", "datasets[0].quality[2].min"],
            id="places behind a removed item keep their number",
        ),
        pytest.param(
            [("max_runtime_hours: 4", "max_runtime_hours: four")],
            ["models[0].training.max_runtime_hours"],
            id="a rule that needs a wrong value says nothing",
        ),
        pytest.param(
            [("trains: true", "trans: true")],
            ["environments[2].trans"],
            id="a misspelt field counts as the one that was meant",
        ),
        pytest.param(
            [("datasets:\n", "data:\n")],
            ["data"],
            id="a misspelt collection makes no unknown names",
        ),
        pytest.param(
            [("mode: existing\n", "mode: existing\n        zones: 2\n"),
             ("        vpc_id: vpc-0123456789abcdef0\n", "")],
            ["environments[1].overrides.network.vpc_id",
             "environments[1].overrides.network.zones"],
            id="two mistakes in one mapping",
        ),
        pytest.param(
            [('prod: "555555555555"', "prod: 5"), ("account: dev,", "account: devel,")],
            ["accounts.prod", "environments[0].account"],
            id="an account with a wrong id is an account",
        ),
    ],
)  # fmt: skip
def test_mistakes_are_told_apart(
    edits: list[tuple[str, str]], expected: list[str], edited: Edited
) -> None:
    assert paths(edited(*edits)) == expected
