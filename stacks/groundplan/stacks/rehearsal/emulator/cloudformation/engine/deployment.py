"""Creating, updating, rolling back and deleting the resources of a stack."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.errors import (
    ResourceFailed,
    ValidationError,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.graph import creation_order
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.policy import check_update
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.region import Region
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resolver import Resolver
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    ResourceType,
    changed_names,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.stack import (
    Output,
    Stack,
    StackResource,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.target import Target

Change = Literal["add", "keep", "modify", "replace"]


def decide(
    adapter: ResourceType, current: StackResource | None, properties: Mapping[str, Any]
) -> Change:
    """What has to happen to a resource so that it gets ``properties``.

    Raises:
        ResourceFailed: Its type has changed.
    """
    if current is None:
        return "add"
    if current.type != adapter.type:
        raise ResourceFailed("Update of resource type is not permitted.")
    changed = set(changed_names(properties, current.properties))
    if changed & adapter.create_only:
        return "replace"
    return "modify" if changed - adapter.uncovered.keys() else "keep"


class Deployment:
    """One create or update of a stack.

    Args:
        region: Where the stack is.
        stack: The stack; its resources change as the deployment goes on.
        target: What it shall be.
        policy: Stack policy that holds during this operation.
        imports_existing: Whether a retained resource of the same name becomes the stack's again,
            as it is.
    """

    def __init__(
        self,
        region: Region,
        stack: Stack,
        target: Target,
        *,
        policy: str | None = None,
        imports_existing: bool = False,
    ) -> None:
        self._region = region
        self._stack = stack
        self._target = target
        self._policy = policy
        self._imports_existing = imports_existing
        self._old = dict(stack.resources)
        self._declared = target.template.section("Resources")
        self._undo: list[Callable[[], None]] = []
        self._leaving: list[tuple[StackResource, str]] = []
        self.outputs: list[Output] = []
        self.imports: frozenset[str] = frozenset()

    def apply(self) -> None:
        """Create and update everything; nothing is deleted yet.

        Raises:
            ResourceFailed: Something cannot be done; ``roll_back`` undoes the rest.
        """
        resolver, imports = self._target.resolver(self._stack.resources)
        for logical_id in self._target.needs:
            self._step(resolver, logical_id)
        for logical_id, resource in self._old.items():
            if logical_id not in self._target.needs:
                check_update(self._policy, "Update:Delete", logical_id, resource.type)
                self._leaving.append((resource, resource.deletion_policy))
        try:
            self.outputs = self._target.outputs(resolver)
        except ValidationError as exc:
            raise ResourceFailed(str(exc)) from exc
        self.imports = frozenset(imports)
        check_exports(self._region, self._stack, self.outputs)

    def roll_back(self) -> list[str]:
        """Undo everything in reverse order; a further call tries what could not be undone.

        Returns:
            What could not be undone; empty if the stack is as it was.
        """
        failures = []
        left = []
        for undo in reversed(self._undo):
            try:
                undo()
            except ResourceFailed as exc:
                failures.append(str(exc))
                left.append(undo)
        self._undo = left[::-1]
        self._stack.resources = self._old
        return failures

    def clean_up(self) -> None:
        """Delete what was removed or replaced; a failure leaves it outside the stack, as on AWS."""
        order = list(creation_order({key: item.needs for key, item in self._old.items()}))
        self._leaving.sort(key=lambda item: order.index(item[0].logical_id), reverse=True)
        for resource, policy in self._leaving:
            if self._stack.resources.get(resource.logical_id) is resource:
                del self._stack.resources[resource.logical_id]
            if policy != "Delete":
                self._stack.report_resource(resource, "DELETE_SKIPPED")
                continue
            try:
                delete_resource(self._region, self._stack, resource)
            except ResourceFailed as exc:
                self._stack.report_resource(resource, "DELETE_FAILED", str(exc))

    def _step(self, resolver: Resolver, logical_id: str) -> None:
        adapter = self._region.adapters[self._declared[logical_id]["Type"]]
        current = self._old.get(logical_id)
        policy = self._declared[logical_id].get("DeletionPolicy", "Delete")
        resource = StackResource(
            logical_id, adapter.type, "", {}, self._target.needs[logical_id], policy
        )
        try:
            resource.properties = self._target.properties(resolver, logical_id)
            change = decide(adapter, current, resource.properties)
            if current is None or change == "add":
                self._create(adapter, resource)
            elif change == "keep":
                self._stack.resources[logical_id] = replace(
                    current,
                    properties=resource.properties,
                    needs=resource.needs,
                    deletion_policy=policy,
                )
            elif change == "modify":
                check_update(self._policy, "Update:Modify", logical_id, adapter.type)
                self._update(adapter, resource, current)
            else:
                check_update(self._policy, "Update:Replace", logical_id, adapter.type)
                self._replace(adapter, resource, current)
        except (ResourceFailed, ValidationError) as exc:
            status = "CREATE_FAILED" if current is None else "UPDATE_FAILED"
            self._stack.report_resource(resource, status, str(exc))
            raise ResourceFailed(
                f"The following resource(s) failed: [{logical_id}]. {exc}"
            ) from exc

    def _create(self, adapter: ResourceType, resource: StackResource) -> None:
        given = resource.properties.get(adapter.named_by)
        name = given or self._region.new_name(adapter, self._stack.name, resource.logical_id)
        resource.name = name
        if (adapter.type, name) in self._region.existing:
            self._import(adapter, resource)
            return
        self._stack.report_resource(resource, "CREATE_IN_PROGRESS")
        resource.physical_id = adapter.create(name, resource.properties)
        if adapter.named_by:
            self._region.existing[adapter.type, name] = resource.physical_id
        self._undo.append(lambda: self._drop(resource))
        adapter.configure(resource.physical_id, resource.properties, None)
        resource.attributes = adapter.attributes(resource.physical_id, resource.properties)
        self._stack.report_resource(resource, "CREATE_COMPLETE")
        self._stack.resources[resource.logical_id] = resource

    def _import(self, adapter: ResourceType, resource: StackResource) -> None:
        owners = (stack.resources.values() for stack in self._region.stacks.values())
        physical_id = self._region.existing[adapter.type, resource.name]
        owned = any(
            (item.type, item.physical_id) == (adapter.type, physical_id)
            for items in owners
            for item in items
        )
        if owned or not self._imports_existing:
            raise ResourceFailed(f"{adapter.type} with identifier {resource.name} already exists")
        resource.physical_id = physical_id
        resource.attributes = adapter.attributes(physical_id, resource.properties)
        self._stack.report_resource(resource, "IMPORT_COMPLETE")
        self._stack.resources[resource.logical_id] = resource

    def _drop(self, resource: StackResource) -> None:
        if resource.deletion_policy == "Retain":
            self._stack.report_resource(resource, "DELETE_SKIPPED")
        else:
            delete_resource(self._region, self._stack, resource)

    def _update(
        self, adapter: ResourceType, resource: StackResource, current: StackResource
    ) -> None:
        physical_id = current.physical_id
        resource.physical_id, resource.name = physical_id, current.name
        self._stack.report_resource(resource, "UPDATE_IN_PROGRESS")

        def undo() -> None:
            adapter.configure(physical_id, current.properties, resource.properties)
            self._stack.report_resource(current, "UPDATE_COMPLETE")

        self._undo.append(undo)
        adapter.configure(physical_id, resource.properties, current.properties)
        resource.attributes = adapter.attributes(physical_id, resource.properties)
        self._stack.report_resource(resource, "UPDATE_COMPLETE")
        self._stack.resources[resource.logical_id] = resource

    def _replace(
        self, adapter: ResourceType, resource: StackResource, current: StackResource
    ) -> None:
        name = resource.properties.get(adapter.named_by)
        if name is not None and name == current.properties.get(adapter.named_by):
            raise ResourceFailed(
                "CloudFormation cannot update a stack when a custom-named resource requires "
                f"replacing. Rename {name} and update the stack again."
            )
        self._create(adapter, resource)
        kept = self._declared[resource.logical_id].get("UpdateReplacePolicy", "Delete")
        self._leaving.append((current, kept))


def delete_resource(region: Region, stack: Stack, resource: StackResource) -> None:
    """Delete a resource from its service.

    Raises:
        ResourceFailed: The service refuses.
    """
    adapter = region.adapters[resource.type]
    stack.report_resource(resource, "DELETE_IN_PROGRESS")
    adapter.delete(resource.physical_id, resource.properties)
    region.existing.pop((adapter.type, resource.name), None)
    stack.report_resource(resource, "DELETE_COMPLETE")


def delete_stack(region: Region, stack: Stack, spared: frozenset[str]) -> None:
    """Delete a stack with what it does not retain.

    Args:
        region: Where the stack is.
        stack: The stack.
        spared: Logical ids that the request tells to keep.
    """
    stack.report("DELETE_IN_PROGRESS", "User Initiated")
    try:
        check_exports(region, stack, [])
    except ResourceFailed as exc:
        stack.report("DELETE_FAILED", str(exc))
        return
    order = creation_order({key: item.needs for key, item in stack.resources.items()})
    for logical_id in reversed(order):
        resource = stack.resources[logical_id]
        if any(logical_id in other.needs for other in stack.resources.values()):
            continue  # something that needs it could not be deleted
        if resource.deletion_policy != "Delete" or logical_id in spared:
            stack.report_resource(resource, "DELETE_SKIPPED")
            del stack.resources[logical_id]
            continue
        try:
            delete_resource(region, stack, resource)
            del stack.resources[logical_id]
        except ResourceFailed as exc:
            stack.report_resource(resource, "DELETE_FAILED", str(exc))
    if stack.resources:
        failed = ", ".join(key for key in order if key in stack.resources)
        stack.report("DELETE_FAILED", f"The following resource(s) failed to delete: [{failed}].")
        return
    stack.outputs, stack.imports = [], frozenset()
    stack.report("DELETE_COMPLETE")
    stack.deleted = datetime.now(UTC)


def check_exports(region: Region, stack: Stack, outputs: list[Output]) -> None:
    """Refuse outputs that clash with another stack's export or break an import.

    Raises:
        ResourceFailed: An export is in use or taken.
    """
    new = {output.export: output.value for output in outputs if output.export is not None}
    for name, (owner, value) in region.exports().items():
        if owner is not stack and name in new:
            raise ResourceFailed(
                f"Export with name {name} is already exported by stack {owner.name}"
            )
        if owner is stack and new.get(name) != value and region.importers(name):
            users = ", ".join(region.importers(name))
            verb = "updated" if name in new else "deleted"
            raise ResourceFailed(f"Export {name} cannot be {verb} as it is in use by {users}")
