"""Steps with the values that a look-up of the pipeline may give them."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from itertools import product
from typing import Any

from groundplan.pipelines import Pipeline
from groundplan.pipelines.dag import references
from groundplan.pipelines.steps import Lookup, Step
from groundplan.pipelines.values import Either, TextOutput

ORDER_ONLY = ("after", "when")
"""Fields of a step that decide when it runs, and nothing of what it does."""


def alternatives(step: Step, pipeline: Pipeline) -> tuple[Step, ...]:
    """Return ``step`` once for each combination of rows that it may read, rows filled in.

    A step that reads no look-up is returned as it is. What it may do is what all of them do.
    """
    tables = {
        item.id: item.rows
        for item in (*pipeline.steps, *pipeline.on_failure)
        if isinstance(item, Lookup)
    }
    done = [getattr(step, field.name) for field in fields(step) if field.name not in ORDER_ONLY]
    used = sorted({output.step for value in done for output in references(value)} & set(tables))
    found: dict[Step, None] = {}
    for rows in product(*(tables[table] for table in used)):
        known = {
            (table, name): value
            for table, (_, row) in zip(used, rows, strict=True)
            for name, value in row
        }
        found[replace(step, **dict(_changes(step, known)))] = None
    return tuple(found)


def _changes(step: Step, known: Mapping[tuple[str, str], str]) -> Iterator[tuple[str, Any]]:
    for field in fields(step):
        if field.name not in ORDER_ONLY:
            yield field.name, _filled(getattr(step, field.name), known)


def _filled(value: Any, known: Mapping[tuple[str, str], str]) -> Any:
    if isinstance(value, TextOutput):
        return known.get((value.step, value.name), value)
    if isinstance(value, Either):
        output = value.output
        text = known.get((output.step, output.name))
        return value if text is None else text
    if isinstance(value, tuple):
        return tuple(_filled(item, known) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(
            value,
            **{field.name: _filled(getattr(value, field.name), known) for field in fields(value)},
        )
    return value
