"""The pages about mutants say what is so now."""

import re

import pytest
from benchmarks.prove_mutants import mutants
from benchmarks.prove_mutations import EXAMPLES, PAGE, example_case, hunt

RERUN = "run python -m benchmarks.prove_mutations"


def open_ones(example: str, every: int) -> list[str]:
    """Mutants of a sample that no claim catches and no reason explains."""
    outcomes = list(hunt(example, example_case(example), every=every))
    assert len(outcomes) > 50
    return [str(one.mutant) for one in outcomes if not (one.caught_by or one.reason)]


def test_a_sample_of_the_smallest_examples_mutants_is_caught_or_explained() -> None:
    assert open_ones("sandbox", every=29) == []


@pytest.mark.heavy
@pytest.mark.parametrize("example", EXAMPLES)
def test_a_sample_of_mutants_is_caught_or_explained(example: str) -> None:
    assert open_ones(example, every=23) == []


def test_the_page_is_about_as_many_mutants_as_there_are() -> None:
    count = sum(1 for example in EXAMPLES for _ in mutants(example_case(example).world))
    total = re.search(
        r"^\| both \| \*\*all\*\* \| ([\d,]+) \|", PAGE.read_text("utf-8"), re.MULTILINE
    )
    assert total is not None, RERUN
    shown = int(total[1].replace(",", ""))
    assert abs(shown - count) < count / 20, RERUN


def test_nothing_is_open() -> None:
    assert "| OPEN |" not in PAGE.read_text("utf-8")
