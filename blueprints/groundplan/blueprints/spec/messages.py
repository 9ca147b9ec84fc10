"""Says in groundplan's words what pydantic found."""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from groundplan.blueprints.catalogue import suggest
from groundplan.blueprints.spec import base, step
from groundplan.blueprints.spec.document import Bare, Path, child, show
from groundplan.blueprints.spec.fields import fields_at
from groundplan.blueprints.spec.finding import Finding

PATTERNS: dict[str, tuple[str, str]] = {
    base.SLUG: (
        "must be lower-case letters, digits and single hyphens, and start with a letter",
        "rename it",
    ),
    base.ACCOUNT_ID: ("an account id has 12 digits", "write all 12 in quotes"),
    base.EMAIL: ("must be an e-mail address", "use one like 'team@acme.example'"),
    base.ORGANIZATION_ID: ("must be the id of an AWS organisation", "use one like 'o-a1b2c3d4e5'"),
    base.ROLE_ARN: (
        "must be the ARN of an IAM role",
        "use one like 'arn:aws:iam::111111111111:role/name'",
    ),
    base.BOUNDARY: (
        "must be 'managed' or the ARN of an IAM policy",
        "use one like 'arn:aws:iam::*:policy/name'",
    ),
    base.ADMINISTRATOR: (
        "must be the ARN of an IAM role, in which '*' stands for anything",
        "use one like 'arn:aws:iam::*:role/Administrator'",
    ),
    base.HTTPS_ADDRESS: (
        "must be an address that begins with https://, without path or port",
        "use one like 'https://gitlab.com'",
    ),
    base.REPOSITORY: ("must be a repository as owner/name", "use one like 'acme/churn'"),
    base.METRIC: (
        "must start with a letter and have only letters, digits, and any of '_:.-'",
        "use the name that the script writes",
    ),
    base.RELATIVE_PATH: (
        "must be a path below the folder of the spec, with '/' between its parts",
        "use one like 'ml' or 'ml/serve'",
    ),
    step.STEP_ID: ("must be lower-case words of letters and digits, joined by '_'", "rename it"),
    step.FILE_NAME: ("must be the name of a JSON file", "use one like 'report.json'"),
    base.CONNECTION: (
        "must be 'create' or the ARN of a connection",
        "use 'create', or the ARN that the console shows under Developer Tools, Connections",
    ),
    base.VERSION: ("must be a version of three numbers", "use one like '3.0.0'"),
    base.ALGORITHM: ("must be an algorithm and its version", "use one like 'xgboost@1.7'"),
    base.VPC_ID: ("must be the id of a VPC", "use one like 'vpc-0123456789abcdef0'"),
    base.SUBNET_ID: ("must be the id of a subnet", "use one like 'subnet-0123456789abcdef0'"),
    base.SECURITY_GROUP_ID: (
        "must be the id of a security group",
        "use one like 'sg-0123456789abcdef0'",
    ),
}
"""What each pattern of the spec means, and the fix."""


class Mistake(NamedTuple):
    """One mistake that pydantic found."""

    finding: Finding
    kind: str
    """Pydantic's name for it."""
    of_key: bool
    """Whether the key is wrong, and not its value."""
    meant: Path = ()
    """Place that the user probably meant. Default: that of the finding."""


def translate(error: ValidationError, model: type[BaseModel], data: Any) -> list[Mistake]:
    """Return the mistakes in ``error``, which validating ``data`` as ``model`` has raised."""
    details = error.errors(include_url=False)
    places = [_place(entry["loc"], data, entry["type"] == "missing") for entry in details]
    mistakes = []
    for entry, place in zip(details, places, strict=True):
        if entry["type"] == "groundplan_rules":
            findings = entry["ctx"]["findings"]
            mistakes += [Mistake(finding, entry["type"], False) for finding in findings]
            continue
        below = any(len(other) > len(place) and other[: len(place)] == place for other in places)
        if entry["type"] == "too_short" and below and entry["input"]:
            continue  # pydantic counts only the items that have no mistake
        mistakes.append(_translate(entry, place, model))
    meant = {mistake.meant for mistake in mistakes}
    return [m for m in mistakes if m.kind != "missing" or m.finding.path not in meant]


def _place(loc: tuple[str | int, ...], data: Any, missing: bool) -> Path:
    """Return the place in ``data``: pydantic's ``loc`` without the members of unions."""
    place: list[str | int] = []
    here: Any = data
    for index, part in enumerate(loc):
        found, value = child(here, part)
        if found:
            here = value
        elif not (missing and index == len(loc) - 1):
            continue
        place.append(part)
    return tuple(place)


def _translate(entry: ErrorDetails, place: Path, model: type[BaseModel]) -> Mistake:
    kind, got = entry["type"], entry["input"]
    context = entry.get("ctx", {})
    of_key = kind == "extra_forbidden" or entry["loc"][-1:] == ("[key]",)
    if kind == "missing":
        problem, fix, shown = "missing", f"add {place[-1]!r}", "nothing"
        return Mistake(_finding(place, problem, fix, Bare(shown)), kind, of_key)
    meant: Path = ()
    if kind == "extra_forbidden":
        name = str(place[-1])
        problem, got = "unknown field", name
        fields = fields_at(model, entry["loc"][:-1])
        near = suggest(name, fields)
        meant = (*place[:-1], near) if near else ()
        fix = f"did you mean {near!r}?" if near else _remove(fields)
    elif kind == "union_tag_invalid":
        field = context["discriminator"].removesuffix("()")
        place, (found, value) = (*place, field), child(got, field)
        got = value if found else Bare("nothing")
        problem = f"unknown {field}" if found else "missing"
        fix = _choice(got, context["expected_tags"])
    elif kind == "literal_error":
        problem, fix = "not one of the values allowed", _choice(got, context["expected"])
    elif kind == "string_pattern_mismatch":
        problem, fix = PATTERNS[context["pattern"]]
    elif kind == "groundplan":
        problem, fix = context["problem"], context["fix"]
    elif kind in _TEXTS:
        problem, fix = _TEXTS[kind](context, got)
    else:
        problem, fix = entry["msg"][:1].lower() + entry["msg"][1:].rstrip("."), "correct it"
    return Mistake(_finding(place, problem, fix, got), kind, of_key, meant)


def _finding(place: Path, problem: str, fix: str, got: Any) -> Finding:
    return Finding(path=place, problem=problem, got=got, fix=fix)


def shown(finding: Finding, written: object) -> str:
    """Return the value of ``finding``, ready to print: as it is ``written`` where that is it."""
    if isinstance(written, int | float) and written == finding.got:
        return show(written)
    return show(finding.got)


def _remove(fields: list[str]) -> str:
    return f"remove it, or use {_either(fields)}" if 0 < len(fields) <= 10 else "remove it"


def _either(names: list[str]) -> str:
    quoted = [name if name.lstrip("-").isdigit() else f"{name!r}" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"


def _choice(got: object, expected: str) -> str:
    names = re.findall(r"'([^']*)'", expected) or re.findall(r"-?[0-9]+", expected)
    near = suggest(got, names) if isinstance(got, str) else None
    return f"did you mean {near!r}?" if near else f"use {_either(names)}"


def _type(problem: str, fix: str) -> Callable[[Any, Any], tuple[str, str]]:
    return lambda context, got: (problem, fix)


def _text_type(context: Any, got: Any) -> tuple[str, str]:
    plain = isinstance(got, int | float)
    return "must be text", "put it in quotes" if plain else "write text"


def _bound(key: str, words: str) -> Callable[[Any, Any], tuple[str, str]]:
    def text(context: Any, got: Any) -> tuple[str, str]:
        return f"must be {words} {context[key]:g}", "change it"

    return text


def _length(key: str, words: str, fix: str) -> Callable[[Any, Any], tuple[str, str]]:
    def text(context: Any, got: Any) -> tuple[str, str]:
        unit = "character" if isinstance(got, str) else "entry"
        plural = "characters" if isinstance(got, str) else "entries"
        number = context[key]
        return f"must have {words} {number} {unit if number == 1 else plural}", fix

    return text


_TEXTS: dict[str, Callable[[Any, Any], tuple[str, str]]] = {
    "bool_type": _type("must be true or false", "write it without quotes"),
    "dict_type": _type("must be a mapping", "write entries as 'key: value'"),
    "finite_number": _type("must be a finite number", "write one that fits"),
    "float_type": _type("must be a number", "write it without quotes"),
    "greater_than": _bound("gt", "greater than"),
    "greater_than_equal": _bound("ge", "at least"),
    "int_type": _type("must be a whole number", "write it without quotes or fraction"),
    "less_than": _bound("lt", "less than"),
    "less_than_equal": _bound("le", "at most"),
    "model_attributes_type": _type("must be a mapping", "write fields as 'name: value'"),
    "model_type": _type("must be a mapping", "write fields as 'name: value'"),
    "string_too_long": _length("max_length", "at most", "shorten it"),
    "string_too_short": _length("min_length", "at least", "write more"),
    "string_type": _text_type,
    "string_unicode": _type("must be Unicode text", "remove half of a surrogate pair"),
    "too_long": _length("max_length", "at most", "remove some"),
    "too_short": _length("min_length", "at least", "add one"),
    "tuple_type": _type("must be a list", "write it in brackets or with hyphens"),
}
"""Texts of the kinds of error that need no more than their context."""
