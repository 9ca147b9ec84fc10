"""AWS::Logs::MetricFilter."""

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
)


class LogsMetricFilter(ResourceType):
    """A filter that counts the events of a log group; nothing is ever counted."""

    type = "AWS::Logs::MetricFilter"
    named_by = "FilterName"
    longest_name = 512
    properties = frozenset({"FilterName", "FilterPattern", "LogGroupName", "MetricTransformations"})
    create_only = frozenset({"FilterName", "LogGroupName"})
    tags = None

    def create(self, name: str, properties: Properties) -> str:
        """Put the filter."""
        self.account.call(
            "logs",
            "PutMetricFilter",
            filterName=name,
            filterPattern=properties["FilterPattern"],
            logGroupName=properties["LogGroupName"],
            metricTransformations=properties["MetricTransformations"],
        )
        return name

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Put it anew: moto would keep both."""
        if previous is not None:
            self.delete(physical_id, previous)
            self.create(physical_id, properties)

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the filter."""
        self.account.call(
            "logs",
            "DeleteMetricFilter",
            filterName=physical_id,
            logGroupName=properties["LogGroupName"],
        )
