"""AWS::CloudTrail::Trail."""

from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
    changed_names,
    only,
)

SETTINGS = (
    "CloudWatchLogsLogGroupArn",
    "CloudWatchLogsRoleArn",
    "EnableLogFileValidation",
    "IncludeGlobalServiceEvents",
    "IsMultiRegionTrail",
    "IsOrganizationTrail",
    "KMSKeyId",
    "S3BucketName",
    "S3KeyPrefix",
    "SnsTopicName",
)


class CloudTrailTrail(ResourceType):
    """A trail with its event selectors; nothing is ever written to it."""

    type = "AWS::CloudTrail::Trail"
    named_by = "TrailName"
    longest_name = 128
    properties = frozenset({"AdvancedEventSelectors", "IsLogging", "Tags", "TrailName", *SETTINGS})
    create_only = frozenset({"TrailName"})

    def create(self, name: str, properties: Properties) -> str:
        """Make the trail, which logs nothing yet."""
        self.account.call(
            "cloudtrail",
            "CreateTrail",
            Name=name,
            TagsList=properties.get("Tags"),
            **only(properties, SETTINGS),
        )
        return name

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Set what changed, the selectors, and whether it logs."""
        self.refuse_change(properties, previous, {"Tags"})
        call = self.account.call
        changed = changed_names(properties, previous or {})
        if previous is not None and {*changed} & {*SETTINGS}:
            call("cloudtrail", "UpdateTrail", Name=physical_id, **only(properties, SETTINGS))
        if "AdvancedEventSelectors" in changed:
            selectors = properties.get("AdvancedEventSelectors", [])
            call(
                "cloudtrail",
                "PutEventSelectors",
                TrailName=physical_id,
                AdvancedEventSelectors=selectors,
            )
        if "IsLogging" in changed:
            logging = str(properties["IsLogging"]).lower() == "true"
            call("cloudtrail", "StartLogging" if logging else "StopLogging", Name=physical_id)

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """ARN."""
        return {"Arn": self.account.arn("cloudtrail", f"trail/{physical_id}")}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the trail; what it wrote stays."""
        self.account.call("cloudtrail", "DeleteTrail", Name=physical_id)
