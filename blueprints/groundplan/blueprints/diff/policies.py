"""The policies of a plan, read from its canonical JSON, so that stored plans count too."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from groundplan.blueprints.prove.model import ConditionValues, PolicyStatement

Kind = Literal["identity", "trust", "boundary", "service_control", "resource"]
KINDS: Mapping[str, Kind] = {
    "Boundary": "boundary",
    "ManagedPolicy": "identity",
}
"""What the documents of a type are for; those of others protect resources."""
HELD_ELSEWHERE = "deployment_policies"
"""Policies of stage 0 that the bootstrap's execution role holds, where they are read."""
NAME_FIELDS = ("name", "_parameter")
"""How fields end that hold names of resources."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A role, or something that a policy protects or bounds, with everything its policies say."""

    id: str
    """Stage, stack and unit, joined by slashes, as in the list of changes."""

    kind: Kind
    """What the policies are for."""

    statements: tuple[PolicyStatement, ...]
    """Of all its policies of this kind together: how they are split decides nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """The policies of a plan."""

    subjects: Mapping[tuple[str, Kind], Subject]
    """By id and kind."""

    roles: Mapping[str, str]
    """ARNs of the roles by id."""

    bounded_by: Mapping[str, str | None]
    """ARN of each role's boundary, by the role's id."""

    boundaries: Mapping[str, str]
    """Id of each boundary that the project makes, by its ARN."""

    units: frozenset[str]
    """Ids of all units, those without a policy included."""

    names: frozenset[str]
    """Physical names of all units."""

    accounts: frozenset[str]
    """Accounts of all stages."""


@dataclass(frozen=True, slots=True)
class _Unit:
    """A unit of a plan, with where it is."""

    id: str
    values: Mapping[str, Any]


def read(plan: Mapping[str, Any]) -> Policies:
    """Return the policies of a plan, given as plain JSON."""
    units = list(_units(plan))
    found: dict[tuple[str, Kind], list[PolicyStatement]] = {}
    for unit in units:
        for field, document in unit.values.items():
            if isinstance(document, dict) and document.get("$type") == "PolicyDocument":
                key = (unit.id, _kind(unit.values["$type"], field))
                found.setdefault(key, []).extend(map(_statement, document["statements"]))
    for policy in (plan.get("guard_rails") or {}).get("policies", ()):
        for account in policy["targets"]:
            found.setdefault((f"guard-rails/{account}", "service_control"), []).extend(
                _statement(rail["statement"]) for rail in policy["rails"]
            )
    roles = [unit for unit in units if "trust" in unit.values]
    return Policies(
        subjects={
            key: Subject(id=key[0], kind=key[1], statements=tuple(statements))
            for key, statements in found.items()
        },
        roles={unit.id: str(unit.values.get("arn")) for unit in roles},
        bounded_by={unit.id: unit.values.get("permissions_boundary") for unit in roles},
        boundaries={
            str(unit.values["arn"]): unit.id for unit in units if unit.values["$type"] == "Boundary"
        },
        units=frozenset(unit.id for unit in units),
        names=frozenset(
            value
            for unit in units
            for field, value in unit.values.items()
            if isinstance(value, str) and value and field.endswith(NAME_FIELDS)
        ),
        accounts=frozenset(
            str(item["place"]["account"]) for item in (*plan["stage_0"], *plan["stages"])
        ),
    )


def _units(plan: Mapping[str, Any]) -> Iterator[_Unit]:
    for stage_0 in plan["stage_0"]:
        yield from _walk(stage_0, f"stage-0/{stage_0['place']['account']}", "")
    for stage in plan["stages"]:
        for stack in stage["stacks"]:
            head = stack["stack"]
            path = f"{head['scope']}/{head['id']}"
            yield _Unit(path, head)
            yield from _walk({k: v for k, v in stack.items() if k != "stack"}, path, "")


def _walk(value: Any, path: str, field: str) -> Iterator[_Unit]:
    if isinstance(value, list):
        for item in value:
            yield from _walk(item, path, field)
        return
    if not isinstance(value, dict):
        return
    type_name, id = value.get("$type"), value.get("id")
    if type_name == "ManagedPolicy":
        pass  # how permissions are split into policies decides nothing: they are the role's
    elif isinstance(id, str):
        path = f"{path}/{id}"
    elif type_name in KINDS:
        path = f"{path}/{field}"
    if isinstance(type_name, str):
        yield _Unit(path, value)
    for key, item in value.items():
        if key != HELD_ELSEWHERE:
            yield from _walk(item, path, key)


def _kind(type_name: str, field: str) -> Kind:
    return "trust" if field == "trust" else KINDS.get(type_name, "resource")


def _statement(statement: Mapping[str, Any]) -> PolicyStatement:
    principals = statement.get("principals")
    return PolicyStatement(
        sid=statement["sid"],
        effect=statement["effect"],
        actions=tuple(statement["actions"]),
        not_actions=tuple(statement.get("not_actions", ())),
        resources=_texts(statement["resources"]),
        principals=None
        if principals is None
        else {kind: _texts(names) for kind, names in principals.items()},
        condition=_condition(statement["condition"]),
    )


def _condition(condition: Mapping[str, Mapping[str, Any]]) -> ConditionValues:
    return {
        operator: {key: _texts(values) for key, values in keys.items()}
        for operator, keys in condition.items()
    }


def _texts(value: Any) -> tuple[str, ...]:
    items = value if isinstance(value, list) else [value]
    return tuple(_text(item) for item in items)


def _text(value: Any) -> str:
    if isinstance(value, dict):  # what only AWS knows, by the unit that it is of
        return f"{{{value['$ref']}}}"
    return str(value).lower() if isinstance(value, bool) else str(value)
