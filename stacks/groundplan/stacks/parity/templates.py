"""Reads CloudFormation templates: parameters, conditions and references, then what is deployed."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from groundplan.blueprints.plan.names import Place
from groundplan.stacks.parity.assigned import TEMPLATE
from groundplan.stacks.parity.errors import ParityError
from groundplan.stacks.parity.inventory import Resource, assigned

HASH = re.compile(r"[0-9A-F]{8}$")
NOTHING = object()
"""What ``AWS::NoValue`` is, until the property that holds it is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A stack of CloudFormation."""

    stack: str
    """Stage and stack, such as ``prod-network``."""

    name: str
    """Physical name, which other stacks of the stage import its values by."""

    place: Place
    """Account and region."""

    body: Mapping[str, Any]
    """The template."""

    tags: Mapping[str, str] = field(default_factory=dict)
    """Tags of the stack, which CloudFormation gives to all that can have them."""

    termination_protection: bool = False
    """Whether the stack refuses to be deleted."""

    policy: Any = None
    """Stack policy, which whoever deploys sets."""


def resources_of(
    templates: Sequence[Template], parameters: Mapping[str, str]
) -> Iterable[Resource]:
    """Yield the resources of templates of which one may import from another.

    Args:
        templates: The stacks.
        parameters: Values of parameters, for every stack that has them. Default: the template's.

    Raises:
        ParityError: If a template holds something that is not known.
    """
    readers = {(item.place, item.name): _Reader(item, parameters) for item in templates}
    for reader in readers.values():
        reader.others = readers
    for reader in readers.values():
        yield from reader.resources()


class _Reader:
    def __init__(self, template: Template, parameters: Mapping[str, str]) -> None:
        self.template = template
        body = template.body
        self.declared: Mapping[str, Any] = body["Resources"]
        self.conditions: Mapping[str, Any] = body.get("Conditions", {})
        self.outputs = {
            item["Export"]["Name"]: item["Value"]
            for item in body.get("Outputs", {}).values()
            if "Export" in item
        }
        self.parameters = {
            key: parameters.get(key, item.get("Default"))
            for key, item in body.get("Parameters", {}).items()
        }
        self.others: Mapping[tuple[Place, str], _Reader] = {}
        self._known: dict[str, dict[str, Any]] = {}

    def resources(self) -> Iterable[Resource]:
        for id, declared in self.declared.items():
            condition = declared.get("Condition")
            if condition is not None and not self._holds({"Condition": condition}):
                continue
            yield Resource(
                handle=self._handle(id),
                type=declared["Type"],
                unit=f"{self.template.stack}/{HASH.sub('', id)}",
                place=self.template.place,
                properties=self._properties(id),
                tags=self.template.tags,
                stays=(
                    declared.get("DeletionPolicy") == "Retain",
                    declared.get("UpdateReplacePolicy") == "Retain",
                ),
            )

    def _handle(self, id: str) -> str:
        return f"{self.template.stack}/{id}"

    def _properties(self, id: str) -> dict[str, Any]:
        if id not in self._known:
            self._known[id] = self._resolve(self.declared[id].get("Properties", {}))
        return self._known[id]

    def _resolve(self, value: Any) -> Any:
        if isinstance(value, list):
            found = [self._resolve(item) for item in value]
            return [item for item in found if item is not NOTHING]
        if not isinstance(value, Mapping):
            return value
        if len(value) == 1:
            [(name, argument)] = value.items()
            if name == "Ref" or name.startswith("Fn::"):
                return self._function(name, argument)
        resolved = {key: self._resolve(item) for key, item in value.items()}
        return {key: item for key, item in resolved.items() if item is not NOTHING}

    def _function(self, name: str, argument: Any) -> Any:
        match name, argument:
            case "Ref", str():
                return self._ref(argument)
            case "Fn::GetAtt", [id, attribute]:
                return self._value(id, attribute)
            case "Fn::If", [condition, then, otherwise]:
                return self._resolve(then if self._condition(condition) else otherwise)
            case "Fn::Join", [separator, parts]:
                return separator.join(map(str, self._resolve(parts)))
            case "Fn::Select", [index, items]:
                return self._resolve(items)[int(index)]
            case "Fn::GetAZs", _:
                return zones()
            case "Fn::Sub", str():
                return re.sub(
                    r"\$\{([^!}]+)\}", lambda match: str(self._ref(match.group(1))), argument
                )
            case "Fn::ImportValue", _:
                return self._import(self._resolve(argument))
            case _:
                raise ParityError(
                    self.template.stack,
                    f"{name} is not known in this form",
                    got=argument,
                    fix="teach groundplan.stacks.parity.templates",
                )

    def _ref(self, name: str) -> Any:
        place = self.template.place
        pseudo = {
            "AWS::NoValue": NOTHING,
            "AWS::AccountId": place.account,
            "AWS::Region": place.region,
            "AWS::Partition": place.partition,
            "AWS::StackName": self.template.name,
            "AWS::URLSuffix": "amazonaws.com.cn"
            if place.partition == "aws-cn"
            else "amazonaws.com",
        }
        if name in pseudo:
            return pseudo[name]
        if name in self.parameters:
            return self.parameters[name]
        return self._value(name, "id")

    def _value(self, id: str, attribute: str) -> Any:
        if id not in self.declared:
            raise ParityError(
                self.template.stack,
                "refers to nothing in the stack",
                got=id,
                fix="correct the reference, or teach groundplan.stacks.parity.templates",
            )
        declared = self.declared[id]
        answer = TEMPLATE.get(declared["Type"])
        handle = self._handle(id)
        values: Mapping[str, str] = {}
        if answer is not None:
            _, values = answer.of(self._properties(id), self.template.place, assigned(handle))
        name = {"Arn": "arn"}.get(attribute, attribute)
        if not values.get(name):
            raise ParityError(
                handle,
                f"it is not known what {declared['Type']} answers",
                got=attribute,
                fix="add it to groundplan.stacks.parity.assigned",
            )
        return values[name]

    def _import(self, name: str) -> Any:
        for (place, _), other in self.others.items():
            if place == self.template.place and name in other.outputs:
                return other._resolve(other.outputs[name])
        raise ParityError(
            self.template.stack,
            "imports what no stack exports",
            got=name,
            fix="pass the templates of all stacks",
        )

    def _condition(self, name: str) -> bool:
        return self._holds(self.conditions[name])

    def _holds(self, expression: Mapping[str, Any]) -> bool:
        [(name, argument)] = expression.items()
        match name:
            case "Condition":
                return self._condition(argument)
            case "Fn::Equals":
                first, second = self._resolve(argument)
                return bool(first == second)
            case "Fn::Not":
                return not self._holds(argument[0])
            case "Fn::And":
                return all(self._holds(item) for item in argument)
            case "Fn::Or":
                return any(self._holds(item) for item in argument)
        raise ParityError(
            self.template.stack,
            f"{name} is not known in a condition",
            got=argument,
            fix="teach groundplan.stacks.parity.templates",
        )


def zones() -> list[str]:
    """Return what stands for the zones of a region, which neither engine knows."""
    return [f"<zone {index}>" for index in range(6)]
