"""AWS::AccessAnalyzer::Analyzer."""

from collections.abc import Mapping
from typing import Any, ClassVar

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
)

REASON = "moto has no Access Analyzer"


class AccessAnalyzerAnalyzer(ResourceType):
    """An analyser, of which nothing but its ARN is there."""

    type = "AWS::AccessAnalyzer::Analyzer"
    named_by = "AnalyzerName"
    longest_name = 255
    properties = frozenset()
    uncovered: ClassVar[Mapping[str, str]] = {"AnalyzerName": REASON, "Type": REASON}
    create_only = frozenset({"AnalyzerName", "Type"})
    tags = None

    def create(self, name: str, properties: Properties) -> str:
        """Nothing to make."""
        return self.account.arn("access-analyzer", f"analyzer/{name}")

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """ARN."""
        return {"Arn": physical_id}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Nothing to delete."""
