"""No input gives anything but a spec or SpecErrors."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groundplan.blueprints.errors import SpecErrors
from groundplan.blueprints.spec import ProjectSpec, parse_spec, validate_spec

HERE = Path(__file__).parent
TEXTS = [(HERE / name).read_text() for name in ("full.yaml", "smallest.yaml")]
TREES = [yaml.safe_load(text) for text in TEXTS]
FIELDS = sorted(
    {name for text in TEXTS for line in text.split() for name in [line.strip("{}[]:,\"'")]}
)

quick = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8),
    st.sampled_from(FIELDS),
)  # fmt: skip
trees = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.sampled_from(FIELDS), st.text(max_size=4)), inner, max_size=4),
    ),
    max_leaves=20,
)


def outcome(build: Any) -> ProjectSpec | None:
    """Return the spec, or None after errors in groundplan's form."""
    try:
        result = build()
    except SpecErrors as exc:
        assert exc.problems
        for line in str(exc).splitlines():
            assert ", got " in line and "; " in line, line
        return None
    assert isinstance(result, ProjectSpec)
    return result


def places(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = (
        tree.items()
        if isinstance(tree, dict)
        else enumerate(tree)
        if isinstance(tree, list)
        else ()
    )
    return [path, *(place for key, item in items for place in places(item, (*path, key)))]


@quick
@given(trees)
def test_any_tree(tree: Any) -> None:
    outcome(lambda: validate_spec(tree))
    outcome(lambda: parse_spec(yaml.safe_dump(tree, allow_unicode=True)))


@quick
@given(st.sampled_from(["yaml", "json"]), st.binary(max_size=60))
def test_any_bytes(format: Any, content: bytes) -> None:
    outcome(lambda: parse_spec(content, format=format))


@quick
@given(st.sampled_from(["yaml", "json"]), st.text(max_size=60))
def test_any_text(format: Any, text: str) -> None:
    outcome(lambda: parse_spec(text, format=format))


@quick
@given(st.data())
def test_any_value_at_any_place_of_a_valid_spec(data: st.DataObject) -> None:
    tree = copy.deepcopy(data.draw(st.sampled_from(TREES)))
    for _ in range(data.draw(st.integers(1, 3))):
        candidates = [place for place in places(tree) if place]
        if not candidates:
            break
        place = data.draw(st.sampled_from(candidates))
        parent = tree
        for part in place[:-1]:
            parent = parent[part]
        if data.draw(st.booleans()):
            parent[place[-1]] = data.draw(trees)
        else:
            del parent[place[-1]]
    outcome(lambda: validate_spec(tree))


@quick
@given(st.data())
def test_any_edit_of_the_text_of_a_valid_spec(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(TEXTS))
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 30)))
    inserted = data.draw(st.text(alphabet="{}[]:,-&*!|>%@#'\"? \nab01~<\t", max_size=4))
    edited = text[:start] + inserted + text[end:]
    spec = outcome(lambda: parse_spec(edited))
    assert spec is None or outcome(lambda: parse_spec(edited)) == spec


@pytest.mark.parametrize("tree", TREES)
def test_removing_any_one_value_gives_errors_about_it_or_a_spec(tree: Any) -> None:
    refused = 0
    for place in places(tree):
        if not place:
            continue
        damaged = copy.deepcopy(tree)
        parent = damaged
        for part in place[:-1]:
            parent = parent[part]
        del parent[place[-1]]
        refused += outcome(lambda damaged=damaged: validate_spec(damaged)) is None
    assert refused > 5


def test_a_structure_inside_itself_is_refused() -> None:
    tree: dict[str, Any] = {}
    tree["accounts"] = tree

    assert outcome(lambda: validate_spec(tree)) is None
