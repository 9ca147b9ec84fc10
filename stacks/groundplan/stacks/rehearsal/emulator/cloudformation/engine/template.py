"""A template as text and as a tree with long-form intrinsics."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.errors import ValidationError

SECTIONS = frozenset(
    {
        "AWSTemplateFormatVersion",
        "Conditions",
        "Description",
        "Mappings",
        "Metadata",
        "Outputs",
        "Parameters",
        "Resources",
        "Rules",
    }
)
ATTRIBUTES = frozenset(
    {
        "Condition",
        "DeletionPolicy",
        "DependsOn",
        "Metadata",
        "Properties",
        "Type",
        "UpdateReplacePolicy",
    }
)
POLICIES = ("Delete", "Retain", "RetainExceptOnCreate")


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short tags; dates stay text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _short_form(loader: _Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    name = tag if tag in ("Ref", "Condition") else f"Fn::{tag}"
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        if tag == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]
    return {name: value}


_Loader.add_multi_constructor("!", _short_form)


class Template:
    """A parsed template whose form has been checked.

    Args:
        body: JSON or YAML.

    Raises:
        ValidationError: It is no template, or uses a section or attribute that is not emulated.
    """

    def __init__(self, body: str) -> None:
        self.body = body
        self.tree = _parse(body)
        unknown = sorted(self.tree.keys() - SECTIONS)
        if unknown:
            raise ValidationError(f"Template section is not emulated: {', '.join(unknown)}")
        if not self.section("Resources"):
            raise ValidationError(
                "Template format error: At least one Resources member must be defined."
            )
        for logical_id, resource in self.section("Resources").items():
            _check_resource(logical_id, resource)

    def section(self, name: str) -> dict[str, Any]:
        """One section; empty if the template has none."""
        value = self.tree.get(name) or {}
        if not isinstance(value, dict):
            raise ValidationError(f"Template format error: {name} must be an object.")
        return value

    @property
    def description(self) -> str | None:
        """What the template says it is."""
        return self.tree.get("Description")


def _parse(body: str) -> dict[str, Any]:
    try:
        tree = json.loads(body) if body.lstrip().startswith("{") else yaml.load(body, _Loader)
    except (ValueError, yaml.YAMLError) as exc:
        raise ValidationError(f"Template format error: unsupported structure. {exc}") from exc
    if not isinstance(tree, dict):
        raise ValidationError("Template format error: unsupported structure.")
    return tree


def _check_resource(logical_id: str, resource: Any) -> None:
    if not isinstance(resource, dict) or "Type" not in resource:
        raise ValidationError(f"Template format error: [/Resources/{logical_id}] has no Type.")
    unknown = sorted(resource.keys() - ATTRIBUTES)
    if unknown:
        raise ValidationError(
            f"Resource attribute is not emulated: {', '.join(unknown)} of {logical_id}"
        )
    for attribute in ("DeletionPolicy", "UpdateReplacePolicy"):
        if resource.get(attribute, "Delete") not in POLICIES:
            raise ValidationError(f"{attribute} is not emulated: {resource[attribute]}")


def references(value: Any) -> Iterator[str]:
    """Names of everything that ``value`` refers to by Ref, Fn::GetAtt or Fn::Sub."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key == "Ref" and isinstance(inner, str):
                yield inner
            elif key == "Fn::GetAtt":
                yield inner.split(".")[0] if isinstance(inner, str) else inner[0]
            elif key == "Fn::Sub":
                text, variables = (inner, {}) if isinstance(inner, str) else inner
                yield from references(variables)
                yield from (name.split(".")[0] for name in sub_names(text) if name not in variables)
            else:
                yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def sub_names(text: str) -> Iterator[str]:
    """Names between ``${`` and ``}`` in the text of an Fn::Sub, literals left out."""
    for part in text.split("${")[1:]:
        name = part.split("}")[0].strip()
        if not name.startswith("!"):
            yield name
