import pytest

from groundplan.blueprints.catalogue import instance_types, suggest


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("ml.m5.xlrge", "ml.m5.xlarge"),
        ("m5.xlarge", "ml.m5.xlarge"),
        ("ML.G5.XLARGE", "ml.g5.xlarge"),
        ("banana", None),
        ("ml.g5", None),
        ("", None),
    ],
)
def test_suggests_the_nearest_name(name: str, near: str | None) -> None:
    assert suggest(name, instance_types()) == near


def test_underscores_and_hyphens_are_near() -> None:
    assert suggest("max-runtime-hours", ["max_wait_hours", "max_runtime_hours"]) == (
        "max_runtime_hours"
    )


def test_the_only_name_with_another_end_is_near() -> None:
    assert suggest("maximum", ["min", "max", "metric"]) == "max"
    assert suggest("env", ["environments", "models"]) == "environments"
    assert suggest("env", ["environments", "envelopes"]) is None
