"""What a request wants a stack to be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.errors import (
    InsufficientCapabilities,
    ResourceFailed,
    ValidationError,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.graph import (
    creation_order,
    dependencies,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.parameters import (
    Parameter,
    resolve_parameters,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.region import Region
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resolver import Referable, Resolver
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import tag_map
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.stack import Output, Stack
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.template import Template


@dataclass(frozen=True)
class Target:
    """A checked template with the values of its parameters."""

    region: Region
    stack_id: str
    stack_name: str
    template: Template
    parameters: Mapping[str, Parameter]
    tags: Mapping[str, str]
    needs: Mapping[str, tuple[str, ...]]
    """Logical ids whose condition holds, in order of creation, with what each refers to."""

    def resolver(self, resources: Mapping[str, Referable]) -> tuple[Resolver, set[str]]:
        """Resolver over ``resources``, and the names of exports that it will have imported."""
        return _resolver(
            self.region, self.stack_id, self.stack_name, self.template, self.parameters, resources
        )

    def properties(self, resolver: Resolver, logical_id: str) -> dict[str, Any]:
        """Resolved properties of a resource, joined by the stack's tags.

        Raises:
            ResourceFailed: A property is not emulated.
        """
        declared = self.template.section("Resources")[logical_id]
        adapter = self.region.adapters[declared["Type"]]
        properties: dict[str, Any] = resolver.value(declared.get("Properties", {}))
        unknown = sorted(properties.keys() - adapter.properties - adapter.uncovered.keys())
        if unknown:
            raise ResourceFailed(f"{adapter.type}: not emulated: {', '.join(unknown)}")
        tags = {**self.tags, **tag_map(properties)}
        if tags and adapter.tags == "map":
            properties["Tags"] = tags
        elif tags and adapter.tags == "list":
            properties["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
        return properties

    def outputs(self, resolver: Resolver) -> list[Output]:
        """Outputs whose condition holds."""
        return [
            Output(
                key=key,
                value=str(resolver.value(output["Value"])),
                description=output.get("Description"),
                export=resolver.value(output["Export"]["Name"]) if "Export" in output else None,
            )
            for key, output in self.template.section("Outputs").items()
            if resolver.is_made(output)
        ]

    def differs_from(self, stack: Stack) -> bool:
        """Whether there is anything to update."""
        now = None if stack.template is None else stack.template.tree
        return (self.template.tree, dict(self.parameters), dict(self.tags)) != (
            now,
            stack.parameters,
            stack.tags,
        )


def prepare(
    region: Region,
    stack: Stack,
    template: Template,
    given: Sequence[Mapping[str, Any]],
    tags: Mapping[str, str],
    capabilities: Sequence[str],
) -> Target:
    """Check a request against a stack.

    Raises:
        ValidationError: AWS would refuse it, or it asks for what is not emulated.
    """
    declared = template.section("Resources")
    unknown = sorted({item["Type"] for item in declared.values()} - region.adapters.keys())
    if unknown:
        raise ValidationError(
            f"Template format error: Unrecognized resource types: [{', '.join(unknown)}]"
        )
    _check_capabilities(region, declared, capabilities)
    parameters = resolve_parameters(
        template.section("Parameters"), given, stack.parameters, region.read_ssm
    )
    resolver, _ = _resolver(region, stack.id, stack.name, template, parameters, {})
    resolver.check_rules()
    made = {key: item for key, item in declared.items() if resolver.is_made(item)}
    needs = {key: dependencies(item, made) for key, item in made.items()}
    return Target(
        region=region,
        stack_id=stack.id,
        stack_name=stack.name,
        template=template,
        parameters=parameters,
        tags=dict(tags),
        needs={key: needs[key] for key in creation_order(needs)},
    )


def _resolver(
    region: Region,
    stack_id: str,
    stack_name: str,
    template: Template,
    parameters: Mapping[str, Parameter],
    resources: Mapping[str, Referable],
) -> tuple[Resolver, set[str]]:
    imports: set[str] = set()

    def import_value(export: str) -> str:
        imports.add(export)
        return region.import_value(export)

    resolver = Resolver(
        template=template.tree,
        pseudo={
            "AWS::AccountId": region.account.id,
            "AWS::Partition": region.account.partition,
            "AWS::Region": region.account.region,
            "AWS::StackId": stack_id,
            "AWS::StackName": stack_name,
            "AWS::URLSuffix": "amazonaws.com",
        },
        parameters={key: parameter.resolved for key, parameter in parameters.items()},
        resources=resources,
        zones=region.zones,
        read_ssm=region.read_ssm,
        import_value=import_value,
    )
    return resolver, imports


def _check_capabilities(
    region: Region, declared: Mapping[str, Any], capabilities: Sequence[str]
) -> None:
    iam = [item for item in declared.values() if item["Type"].startswith("AWS::IAM::")]
    named = any(
        region.adapters[item["Type"]].named_by in item.get("Properties", {}) for item in iam
    )
    needed = "CAPABILITY_NAMED_IAM" if named else "CAPABILITY_IAM"
    if iam and not {needed, "CAPABILITY_NAMED_IAM"} & set(capabilities):
        raise InsufficientCapabilities(f"Requires capabilities : [{needed}]")
