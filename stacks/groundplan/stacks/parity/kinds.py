"""Takes the inventory of templates and of programs."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from groundplan.blueprints.plan.names import Place
from groundplan.stacks.parity import (
    code_pipeline,
    events,
    identity,
    networks,
    observing,
    serving,
    storage,
    work,
)
from groundplan.stacks.parity import registrations as programs
from groundplan.stacks.parity.errors import ParityError
from groundplan.stacks.parity.inventory import Inventory, Item, Parts, Resource, inventory
from groundplan.stacks.parity.templates import Template
from groundplan.stacks.parity.templates import resources_of as resources_of_templates

Taken = Callable[[Resource, Parts], Item]
AREAS = (code_pipeline, events, identity, networks, observing, serving, storage, work)
TEMPLATES: dict[str, Taken] = {
    type: take for area in AREAS for type, take in area.TEMPLATES.items()
}
PROGRAMS: dict[str, Taken] = {type: take for area in AREAS for type, take in area.PROGRAMS.items()}
PARTS: set[str] = {type for area in AREAS for type in area.PARTS}


def inventory_of_templates(
    templates: Sequence[Template], parameters: Mapping[str, str] | None = None
) -> Inventory:
    """Return what CloudFormation makes of templates.

    Stacks and parameters are items too, since Pulumi has other means instead of them.

    Args:
        templates: All stacks of a project.
        parameters: Values of parameters. Default: those of the templates.

    Raises:
        ParityError: If a type, a property or an intrinsic function is not known.
    """
    found = list(resources_of_templates(templates, parameters or {}))
    return inventory("cdk", [*_stacks(templates), *_items(found, TEMPLATES)])


def inventory_of_program(
    registrations: Sequence[programs.Registered], place: Place | None = None
) -> Inventory:
    """Return what a Pulumi program makes, of all its parts.

    Args:
        registrations: What it registers with :class:`~groundplan.stacks.parity.registrations.Answers`.
        place: Account and region of what has no explicit provider. Default: all has one.

    Raises:
        ParityError: If a type or a property is not known.
    """
    return inventory("pulumi", _items(list(programs.resources_of(registrations, place)), PROGRAMS))


def _items(found: Iterable[Resource], kinds: Mapping[str, Taken]) -> Iterator[tuple[str, Item]]:
    resources = list(found)
    for resource in resources:
        if resource.type not in kinds and resource.type not in PARTS:
            raise ParityError(
                resource.handle,
                "has a type that is not known",
                got=resource.type,
                fix="compare it where its kind is, in groundplan.stacks.parity",
            )
    parts = Parts(item for item in resources if item.type in PARTS)
    for resource in resources:
        if resource.type in kinds:
            yield resource.handle, kinds[resource.type](resource, parts)
            resource.check_read()
    parts.check_used()


def _stacks(templates: Sequence[Template]) -> Iterator[tuple[str, Item]]:
    for template in templates:
        identity = f"{template.place.account} {template.stack}"
        facts = {
            "termination protection": template.termination_protection,
            "policy": template.policy,
        }
        yield template.stack, Item(kind="stack", identity=identity, facts=facts, resources=0)
        for name in template.body.get("Parameters", {}):
            handle = f"{template.stack}/{name}"
            yield (
                handle,
                Item(kind="parameter", identity=f"{identity}/{name}", facts={}, resources=0),
            )
