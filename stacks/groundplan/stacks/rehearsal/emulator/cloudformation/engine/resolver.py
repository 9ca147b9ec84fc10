"""Intrinsic functions, conditions, rules and dynamic references."""

import base64
import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.errors import ValidationError

DYNAMIC = re.compile(r"\{\{resolve:(?P<service>[^:}]+):(?P<reference>[^}]+)\}\}")
VARIABLE = re.compile(r"\$\{([^}]*)\}")


class _Nothing:
    """``AWS::NoValue``: the property that has this value is left out."""


NOTHING = _Nothing()


class Referable(Protocol):
    """What Ref and Fn::GetAtt need of a resource."""

    @property
    def physical_id(self) -> str:
        """What a Ref gives."""

    @property
    def attributes(self) -> Mapping[str, Any]:
        """What Fn::GetAtt gives, by name."""


@dataclass
class Resolver:
    """Evaluates parts of one template for one stack."""

    template: Mapping[str, Any]
    pseudo: Mapping[str, str]
    parameters: Mapping[str, Any]
    resources: Mapping[str, Referable]
    zones: Callable[[str], list[str]]
    read_ssm: Callable[[str], str]
    import_value: Callable[[str], str]
    _conditions: dict[str, bool] = field(default_factory=dict)

    def value(self, tree: Any) -> Any:
        """``tree`` without intrinsic functions.

        Raises:
            ValidationError: A reference leads nowhere, or a function is not known.
        """
        if isinstance(tree, str):
            return DYNAMIC.sub(self._dynamic, tree)
        if isinstance(tree, list):
            items = [self.value(item) for item in tree]
            return [item for item in items if item is not NOTHING]
        if not isinstance(tree, dict):
            return tree
        if len(tree) == 1:
            [(name, argument)] = tree.items()
            if name == "Ref" or name.startswith("Fn::"):
                return self._function(name, argument)
        values = {key: self.value(item) for key, item in tree.items()}
        return {key: item for key, item in values.items() if item is not NOTHING}

    def condition(self, name: str) -> bool:
        """Whether the named condition holds."""
        if name not in self._conditions:
            try:
                tree = self.template.get("Conditions", {})[name]
            except KeyError as exc:
                raise ValidationError(f"Template error: unknown condition {name}") from exc
            self._conditions[name] = self._holds(tree)
        return self._conditions[name]

    def is_made(self, resource: Mapping[str, Any]) -> bool:
        """Whether the condition of a resource or output holds."""
        return "Condition" not in resource or self.condition(resource["Condition"])

    def check_rules(self) -> None:
        """Evaluate the template's rules.

        Raises:
            ValidationError: An assertion does not hold.
        """
        for name, rule in self.template.get("Rules", {}).items():
            if "RuleCondition" in rule and not self._holds(rule["RuleCondition"]):
                continue
            for assertion in rule["Assertions"]:
                if not self._holds(assertion["Assert"]):
                    detail = assertion.get("AssertDescription", "assertion failed")
                    raise ValidationError(
                        f"Template parameters validation failed: rule {name}: {detail}"
                    )

    def _holds(self, tree: Any) -> bool:
        if isinstance(tree, dict) and len(tree) == 1:
            [(name, argument)] = tree.items()
            if name == "Condition":
                return self.condition(argument)
            if name == "Fn::Equals":
                left, right = (_comparable(self.value(item)) for item in argument)
                return bool(left == right)
            if name == "Fn::Not":
                return not self._holds(argument[0])
            if name in ("Fn::And", "Fn::Or"):
                return (all if name == "Fn::And" else any)(self._holds(item) for item in argument)
            if name == "Fn::Contains":
                values, value = (self.value(item) for item in argument)
                return _comparable(value) in [_comparable(item) for item in values]
        raise ValidationError(f"Template error: condition is not emulated: {json.dumps(tree)}")

    def _function(self, name: str, argument: Any) -> Any:
        functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Fn::Base64": lambda text: base64.b64encode(self.value(text).encode()).decode(),
            "Fn::Cidr": self._cidr,
            "Fn::FindInMap": self._find_in_map,
            "Fn::GetAZs": lambda region: self.zones(
                self.value(region) or self.pseudo["AWS::Region"]
            ),
            "Fn::GetAtt": self._get_att,
            "Fn::If": lambda parts: self.value(parts[1 if self.condition(parts[0]) else 2]),
            "Fn::ImportValue": lambda export: self.import_value(self.value(export)),
            "Fn::Join": lambda parts: parts[0].join(map(_comparable, self.value(parts[1]))),
            "Fn::Select": lambda parts: self.value(parts[1])[int(self.value(parts[0]))],
            "Fn::Split": lambda parts: self.value(parts[1]).split(parts[0]),
            "Fn::Sub": self._sub,
        }
        if name not in functions:
            raise ValidationError(f"Template error: {name} is not emulated")
        try:
            return functions[name](argument)
        except (
            AttributeError,
            IndexError,
            KeyError,
            StopIteration,
            TypeError,
            ValueError,
        ) as exc:
            raise ValidationError(
                f"Template error: {name} cannot be evaluated: {json.dumps(argument)}"
            ) from exc

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NOTHING
        if name in self.pseudo:
            return self.pseudo[name]
        if name in self.parameters:
            return self.parameters[name]
        return self._resource(name).physical_id

    def _resource(self, name: str) -> Referable:
        try:
            return self.resources[name]
        except KeyError as exc:
            raise ValidationError(f"Unresolved resource dependencies [{name}]") from exc

    def _get_att(self, argument: str | list[Any]) -> Any:
        parts = argument.split(".", 1) if isinstance(argument, str) else argument
        name, attribute = parts[0], self.value(parts[1])
        attributes = self._resource(name).attributes
        if attribute not in attributes:
            raise ValidationError(
                f"Template error: resource {name} does not support attribute type {attribute} "
                "in Fn::GetAtt"
            )
        return attributes[attribute]

    def _sub(self, argument: str | list[Any]) -> str:
        text, variables = (argument, {}) if isinstance(argument, str) else argument
        values = {name: _comparable(self.value(value)) for name, value in variables.items()}

        def replace(match: re.Match[str]) -> str:
            name = match[1].strip()
            if name.startswith("!"):
                return f"${{{name[1:]}}}"
            if name in values:
                return values[name]
            return _comparable(self._get_att(name) if "." in name else self._ref(name))

        return DYNAMIC.sub(self._dynamic, VARIABLE.sub(replace, text))

    def _find_in_map(self, argument: list[Any]) -> Any:
        names = [self.value(item) for item in argument]
        if len(names) != 3:
            raise ValidationError("Template error: Fn::FindInMap with a default is not emulated")
        return self.template["Mappings"][names[0]][names[1]][names[2]]

    def _cidr(self, argument: list[Any]) -> list[str]:
        block, count, bits = (self.value(item) for item in [*argument, 8][:3])
        network = ipaddress.ip_network(block)
        subnets = network.subnets(new_prefix=network.max_prefixlen - int(bits))
        return [str(next(subnets)) for _ in range(int(count))]

    def _dynamic(self, match: re.Match[str]) -> str:
        if match["service"] != "ssm":
            raise ValidationError(f"Dynamic reference is not emulated: {match[0]}")
        return self.read_ssm(match["reference"])


def _comparable(value: Any) -> str:
    """A scalar as CloudFormation compares and joins it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | dict):
        raise TypeError("a list or map where text is needed")
    return str(value)
