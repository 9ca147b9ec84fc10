"""AWS::ApplicationAutoScaling::ScalingPolicy."""

from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
    only,
)

KEY = ("ResourceId", "ScalableDimension", "ServiceNamespace")


class ApplicationAutoScalingScalingPolicy(ResourceType):
    """How a target is scaled."""

    type = "AWS::ApplicationAutoScaling::ScalingPolicy"
    properties = frozenset(
        {
            "PolicyName",
            "PolicyType",
            "ScalingTargetId",
            "StepScalingPolicyConfiguration",
            "TargetTrackingScalingPolicyConfiguration",
            *KEY,
        }
    )
    create_only = frozenset({"PolicyName", "ScalingTargetId", *KEY})
    tags = None

    def create(self, name: str, properties: Properties) -> str:
        """Put the policy."""
        return self._put(properties)

    def _put(self, properties: Properties) -> str:
        parameters = {
            name: value for name, value in properties.items() if name != "ScalingTargetId"
        }
        made = self.account.call(
            "application-autoscaling", "PutScalingPolicy", **{**parameters, **_key(properties)}
        )
        return str(made["PolicyARN"])

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Put the policy again."""
        if previous is not None:
            self._put(properties)

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """ARN."""
        return {"Arn": physical_id}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the policy."""
        self.account.call(
            "application-autoscaling",
            "DeleteScalingPolicy",
            PolicyName=properties["PolicyName"],
            **_key(properties),
        )


def _key(properties: Properties) -> dict[str, Any]:
    if "ScalingTargetId" in properties:
        return dict(zip(KEY, properties["ScalingTargetId"].split("|"), strict=True))
    return only(properties, KEY)
