"""AWS::ApplicationAutoScaling::ScalableTarget."""

from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
    only,
)

KEY = ("ResourceId", "ScalableDimension", "ServiceNamespace")


class ApplicationAutoScalingScalableTarget(ResourceType):
    """What is scaled, between which bounds, and when the bounds change."""

    type = "AWS::ApplicationAutoScaling::ScalableTarget"
    properties = frozenset(
        {"MaxCapacity", "MinCapacity", "RoleARN", "ScheduledActions", "SuspendedState", *KEY}
    )
    create_only = frozenset(KEY)
    tags = None

    def create(self, name: str, properties: Properties) -> str:
        """Register the target."""
        self._register(properties)
        return "|".join(properties[part] for part in KEY)

    def _register(self, properties: Properties) -> None:
        parameters = only(properties, self.properties - {"ScheduledActions"})
        self.account.call("application-autoscaling", "RegisterScalableTarget", **parameters)

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Change the bounds and put the scheduled actions."""
        if previous is not None:
            self._register({"SuspendedState": _NOT_SUSPENDED, **properties})
        wanted = {
            item["ScheduledActionName"]: item for item in properties.get("ScheduledActions", [])
        }
        had = {item["ScheduledActionName"] for item in (previous or {}).get("ScheduledActions", [])}
        key = only(properties, KEY)
        for action in wanted.values():
            self.account.call("application-autoscaling", "PutScheduledAction", **key, **action)
        for name in sorted(had - wanted.keys()):
            self.account.call(
                "application-autoscaling", "DeleteScheduledAction", ScheduledActionName=name, **key
            )

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """Id."""
        return {"Id": physical_id}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Deregister the target."""
        key = only(properties, KEY)
        self.configure(physical_id, {**properties, "ScheduledActions": []}, properties)
        self.account.call("application-autoscaling", "DeregisterScalableTarget", **key)


_NOT_SUSPENDED = {
    "DynamicScalingInSuspended": False,
    "DynamicScalingOutSuspended": False,
    "ScheduledScalingSuspended": False,
}
