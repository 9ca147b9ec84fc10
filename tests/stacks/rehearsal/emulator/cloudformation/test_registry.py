"""Adapters against CloudFormation's own schemas, which cfn-lint carries."""

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import ResourceType
from groundplan.stacks.rehearsal.emulator.cloudformation.registry import ADAPTERS, UNCOVERED

SCHEMALESS = {"AWS::CDK::Metadata"}
WITH_SCHEMA = [adapter for adapter in ADAPTERS if adapter.type not in SCHEMALESS]


def _schema(adapter: type[ResourceType]) -> dict[str, object]:
    return dict(PROVIDER_SCHEMA_MANAGER.get_resource_schema("eu-west-1", adapter.type).schema)


def _top_level(schema: dict[str, object], name: str) -> set[str]:
    paths = schema.get(name, [])
    assert isinstance(paths, list)
    return {path.removeprefix("/properties/") for path in paths}


def test_every_type_has_one_adapter() -> None:
    types = [adapter.type for adapter in ADAPTERS]
    assert len(set(types)) == len(types)
    assert len(types) >= 40


@pytest.mark.parametrize("adapter", WITH_SCHEMA, ids=lambda adapter: adapter.type)
def test_properties_exist(adapter: type[ResourceType]) -> None:
    properties = _schema(adapter)["properties"]
    assert isinstance(properties, dict)
    assert adapter.properties | adapter.uncovered.keys() <= properties.keys()
    assert not adapter.properties & adapter.uncovered.keys()
    assert (adapter.tags is not None) == ("Tags" in adapter.properties)


@pytest.mark.parametrize("adapter", WITH_SCHEMA, ids=lambda adapter: adapter.type)
def test_replaces_where_cloudformation_replaces(adapter: type[ResourceType]) -> None:
    create_only = _top_level(_schema(adapter), "createOnlyProperties")
    known = adapter.properties | adapter.uncovered.keys()
    assert adapter.create_only == {name for name in create_only if name in known}


def test_what_is_not_covered_is_named_with_its_reason() -> None:
    assert ("AWS::Budgets::Budget", "ResourceTags", "moto keeps no tags of budgets") in UNCOVERED
