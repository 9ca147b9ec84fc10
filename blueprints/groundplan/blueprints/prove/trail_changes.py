"""What silences the trail of who did what, which stage 0 makes.

Source: Service Authorization Reference (2026-11-21).
"""

from collections.abc import Iterator, Mapping

from groundplan.blueprints.plan.stage_0_plan import Stage0Plan

TRAIL_CHANGES: Mapping[str, tuple[str, ...]] = {
    "cloudwatch": (
        "DeleteAlarms", "DisableAlarmActions", "PutMetricAlarm", "SetAlarmState",
    ),
    "logs": (
        "DeleteLogGroup", "DeleteLogStream", "DeleteMetricFilter", "DeleteRetentionPolicy",
        "DisassociateKmsKey", "PutMetricFilter", "PutRetentionPolicy",
    ),
    "s3": (
        "DeleteBucket", "DeleteBucketPolicy", "DeleteObject", "DeleteObjectVersion",
        "PutBucketPolicy", "PutBucketVersioning", "PutEncryptionConfiguration",
        "PutLifecycleConfiguration",
    ),
    "sns": ("DeleteTopic", "RemovePermission", "SetTopicAttributes", "Unsubscribe"),
}  # fmt: skip
"""Actions by service."""


def trail_changes(stage_0: Stage0Plan) -> Iterator[tuple[str, str]]:
    """Yield each such action, on a resource of an account's trail."""
    place, project = stage_0.place, stage_0.project
    name = f"groundplan-stage-0-{project}"
    resources = {
        "cloudwatch": place.arn("cloudwatch", f"alarm:{name}-x"),
        "logs": place.arn("logs", f"log-group:/groundplan-stage-0/{project}/x"),
        "s3": place.bucket_arn(f"{name}-x"),
        "sns": place.arn("sns", name),
    }
    for service, actions in TRAIL_CHANGES.items():
        for action in actions:
            yield f"{service}:{action}", resources[service]
