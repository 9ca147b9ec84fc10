"""AWS::CodePipeline::Pipeline."""

from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
    tag_list,
    tag_map,
)


class CodePipelinePipeline(ResourceType):
    """A pipeline; it never runs."""

    type = "AWS::CodePipeline::Pipeline"
    named_by = "Name"
    longest_name = 100
    properties = frozenset(
        {
            "ArtifactStore",
            "ExecutionMode",
            "Name",
            "PipelineType",
            "RoleArn",
            "Stages",
            "Tags",
            "Triggers",
            "Variables",
        }
    )
    create_only = frozenset({"Name"})

    def create(self, name: str, properties: Properties) -> str:
        """Make the pipeline."""
        tags = tag_list(tag_map(properties), "key", "value")
        request = {"Pipeline": self._declared(name, properties), "Tags": tags or None}
        self.account.call("codepipeline", "CreatePipeline", **request)
        return name

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Change the pipeline, and its tags."""
        if previous is None:
            return
        declared = self._declared(physical_id, properties)
        self.account.call("codepipeline", "UpdatePipeline", Pipeline=declared)
        wanted, had = tag_map(properties), tag_map(previous)
        arn = self.account.arn("codepipeline", physical_id)
        gone = sorted({*had} - {*wanted})
        if gone:
            self.account.call("codepipeline", "UntagResource", resourceArn=arn, tagKeys=gone)
        if wanted != had:
            tags = tag_list(wanted, "key", "value")
            self.account.call("codepipeline", "TagResource", resourceArn=arn, tags=tags)

    def _declared(self, name: str, properties: Properties) -> dict[str, Any]:
        found = {key: value for key, value in properties.items() if key != "Tags"}
        return {**found, "Name": name}

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """Version; it grows with every update, which nothing here asks for."""
        return {"Version": "1"}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the pipeline."""
        self.account.call("codepipeline", "DeletePipeline", name=physical_id)
