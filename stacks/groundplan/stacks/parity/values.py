"""Values in one form, whichever engine wrote them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from groundplan.stacks.parity.assigned import PROGRAM, TEMPLATE
from groundplan.stacks.parity.inventory import Item, Resource, assigned
from groundplan.stacks.parity.tagged import TAGGED


def document(value: Any) -> Any:
    """Return a policy document with its statements by their ids, from JSON text or objects."""
    if value is None:
        return None
    whole = json.loads(value) if isinstance(value, str) else dict(value)
    statements = whole.get("Statement", [])
    ids = [item.get("Sid", "") for item in statements]
    named = {
        sid if sid and ids.count(sid) == 1 else f"{index} {sid}".strip(): {
            key: part for key, part in item.items() if key != "Sid"
        }
        for index, (sid, item) in enumerate(zip(ids, statements, strict=True))
    }
    return {**whole, "Statement": named}


def parsed(value: Any) -> Any:
    """Return what JSON text says."""
    return json.loads(value) if isinstance(value, str) else value


def lowered(value: Any) -> Any:
    """Return a structure with the names of its fields in lower case, without absent ones.

    CloudFormation writes ``MaxvCpus`` and the provider ``maxVcpus`` for one thing. Not for maps whose
    keys are values, such as dimensions.
    """
    if isinstance(value, Mapping):
        return {
            key.lower(): lowered(item)
            for key, item in sorted(value.items(), key=lambda pair: pair[0].lower())
            if item is not None
        }
    if isinstance(value, list | tuple):
        return [lowered(item) for item in value]
    return number(value)


def number(value: Any) -> Any:
    """Return a whole number as an integer, and everything else as it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def by(name: str, items: Sequence[Mapping[str, Any]] | None) -> dict[str, Any]:
    """Return a list of structures by one of their fields, lowered."""
    named = {str(lowered(item)[name]): lowered(item) for item in items or ()}
    return {key: {k: v for k, v in named[key].items() if k != name} for key in sorted(named)}


def kept(whole: Resource, *parts: Resource | None) -> dict[str, Any]:
    """Return how a thing is kept; parts that are kept otherwise are named."""
    found = _kept(whole)
    for part in parts:
        if part is not None and _kept(part) != found:
            found[part.type] = _kept(part)
    return found


def item(
    kind: str,
    identity: str,
    whole: Resource,
    facts: Mapping[str, Any],
    *parts: Resource | None,
    own_tags: Any = None,
) -> Item:
    """Return an item with its facts and those that everything has: tags, retention, protection.

    Args:
        kind: What it is.
        identity: Physical name within the account, or the unit where there is none.
        whole: What it is made of.
        facts: What is compared besides.
        parts: What it is made of besides.
        own_tags: Tags of its own, in either engine's form. Default: those of its stack only.
    """
    made_of = [part for part in parts if part is not None]
    general = {
        "kept": kept(whole, *made_of),
        "changed behind the engine": sorted(whole.ignored),
    }
    if whole.type in TAGGED:
        general["tags"] = whole.all_tags(own_tags)
    return Item(
        kind=kind,
        identity=f"{whole.place.account} {identity}",
        facts={**facts, **general},
        resources=1 + len(made_of),
    )


def own(resource: Resource) -> Mapping[str, str]:
    """Return what AWS answers for a resource: ``id``, ``arn`` and others."""
    answer = TEMPLATE.get(resource.type) or PROGRAM[resource.type]
    _, values = answer.of(resource.properties, resource.place, assigned(resource.handle))
    return values


def _kept(resource: Resource) -> dict[str, Any]:
    deleted, replaced = resource.stays
    return {
        "when deleted": deleted,
        "when replaced": replaced,
        "protected": resource.protected,
    }
