"""Turns plain data into a spec, and finds every mistake in one run.

Field errors hide the rules over the whole spec, since pydantic checks those last. So what is wrong
is taken out or replaced by a stand-in, and the rules run on the rest; a finding that rests on
something taken out is dropped.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from groundplan.blueprints.errors import SpecErrors, SpecProblem
from groundplan.blueprints.spec.document import MAX_DEPTH, Document, Path, child, show
from groundplan.blueprints.spec.messages import Mistake, shown, translate
from groundplan.blueprints.spec.project import ProjectSpec

_ROUNDS = 8
_ACCOUNT = "000000000000"
_STAND_INS: dict[str, Any] = {
    "account": "stand-in",
    "accounts": {"stand-in": _ACCOUNT},
    "column": "stand-in",
    "dataset": "stand-in",
    "datasets": [{}],
    "environments": [{}],
    "metric": "stand-in",
    "models": [{}],
    "name": "stand-in",
    "organization": "stand-in",
    "project": "stand-in",
    "region": "us-east-1",
    "training": {},
}


def validate_spec(data: object) -> ProjectSpec:
    """Return the spec in ``data``: mappings, lists and scalars.

    Raises:
        SpecErrors: If it has mistakes; holds all of them, without positions.
    """
    return build(Document(file=None, data=data))


def build(document: Document) -> ProjectSpec:
    """Return the spec in ``document``.

    Raises:
        SpecErrors: If it has mistakes; holds all of them.
    """
    data = document.data
    if not isinstance(data, dict):
        got = "nothing" if data is None else show(data)
        fix = "write fields like 'project: churn'"
        raise document.fail("a spec must be a mapping", got, fix, document.position(()))
    damaged = _Damaged(_copy(data, document))
    problems = list(document.problems)
    for number in range(_ROUNDS):
        try:
            spec = ProjectSpec.model_validate(damaged.data)
        except ValidationError as exc:
            mistakes = translate(exc, ProjectSpec, damaged.data)
        else:
            if problems:
                raise SpecErrors(problems)
            return spec
        rules = [m for m in mistakes if m.kind == "groundplan_rules"]
        reported = mistakes if number == 0 else [m for m in rules if not damaged.doubts(m)]
        for mistake in reported:
            problem = _problem(document, damaged, mistake)
            if problem not in problems:
                problems.append(problem)
        if rules or not damaged.repair(mistakes):
            break
    raise SpecErrors(problems)


def _problem(document: Document, damaged: "_Damaged", mistake: Mistake) -> SpecProblem:
    finding = mistake.finding
    path = damaged.origin(finding.path)
    if mistake.kind == "missing":
        position = document.position(path[:-1], of_key=True)
    else:
        position = document.position(path, of_key=mistake.of_key)
    got = shown(finding, _written(document.data, path))
    return document.problem(path, finding.problem, got, finding.fix, position)


def _written(data: Any, path: Path) -> Any:
    for part in path:
        data = child(data, part)[1]
    return data


class _List(list[Any]):
    """A list that knows where its items were before some were taken out."""

    def __init__(self, items: list[Any]) -> None:
        super().__init__(items)
        self.origin = list(range(len(items)))

    def take(self, index: int) -> Any:
        del self.origin[index]
        return self.pop(index)


def _copy(value: object, document: Document, depth: int = 0) -> Any:
    """Return a copy of ``value`` from which items can be taken out."""
    if depth > MAX_DEPTH:
        got = "a structure inside itself, or too many levels"
        problem = f"nested deeper than {MAX_DEPTH} levels"
        raise document.fail(problem, got, "flatten it", document.position(()))
    if isinstance(value, Mapping):
        return {str(key): _copy(item, document, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return _List([_copy(item, document, depth + 1) for item in value])
    return value


class _Damaged:
    """Data with mistakes, and what was taken out of it so far, as places in the original."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data
        self._removed: set[Path] = set()
        self._texts: set[str] = set()
        self._stand_ins = 0

    def origin(self, path: Path) -> Path:
        """Return the place that ``path`` had before items were taken out."""
        result: list[str | int] = []
        here: Any = self.data
        for part in path:
            known = isinstance(here, _List) and isinstance(part, int) and part < len(here)
            result.append(here.origin[part] if known else part)
            here = child(here, part)[1]
        return tuple(result)

    def doubts(self, mistake: Mistake) -> bool:
        """Return whether a finding may be the consequence of a mistake already reported."""
        finding = mistake.finding
        path = self.origin(finding.path)
        if isinstance(finding.got, str) and finding.got.lower() in self._texts:
            return True
        if (finding.collection,) in self._removed:
            return True
        return any(
            path[: len(removed)] == removed or any(_within(removed, n) for n in finding.needs)
            for removed in self._removed
        )

    def repair(self, mistakes: list[Mistake]) -> bool:
        """Take out what is wrong, the last place first; return whether anything is left."""
        self._removed.update(self.origin(m.meant) for m in mistakes if m.meant)
        inserts = {m.finding.path for m in mistakes if m.kind == "missing"}
        keys = {m.finding.path for m in mistakes if m.of_key}
        removals = {m.finding.path for m in mistakes} - inserts
        removals |= {path[:-1] for path in inserts if path[-1] not in _STAND_INS}
        if () in removals:
            return False
        for path in sorted(inserts | removals, key=_order, reverse=True):
            if any(path[:length] in removals for length in range(len(path))):
                continue
            if path in removals:
                self._remove(path, of_key=path in keys)
            else:
                self._insert(path)
        return True

    def _insert(self, path: Path) -> None:
        name = str(path[-1])
        self._removed.add(self.origin(path))
        self._stand_ins += 1
        stand_in = _copy(_STAND_INS[name], Document(None))
        self._at(path[:-1])[name] = f"{stand_in}-{self._stand_ins}" if name == "name" else stand_in

    def _remove(self, path: Path, *, of_key: bool) -> None:
        parent, last = self._at(path[:-1]), path[-1]
        self._removed.add(self.origin(path))
        gone = parent.take(int(last)) if isinstance(parent, _List) else parent.pop(last, None)
        self._texts.update(_texts([last, gone]))
        if path[:-1] == ("accounts",) and not of_key:
            parent[last] = _ACCOUNT

    def _at(self, path: Path) -> Any:
        here: Any = self.data
        for part in path:
            here = child(here, part)[1]
        return here


def _within(path: Path, place: Path) -> bool:
    return len(path) >= len(place) and all(
        wanted in ("*", part) for part, wanted in zip(path, place, strict=False)
    )


def _order(path: Path) -> list[tuple[bool, int, str]]:
    return [(isinstance(p, str), p if isinstance(p, int) else 0, str(p)) for p in path]


def _texts(value: object) -> set[str]:
    if isinstance(value, str):
        return {value.lower()}
    if isinstance(value, dict):
        return {*map(str.lower, value), *(text for item in value.values() for text in _texts(item))}
    if isinstance(value, list):
        return {text for item in value for text in _texts(item)}
    return set()
