"""Services that send events: S3, CloudWatch alarms, CodeBuild."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

from moto.cloudwatch.models import CloudWatchBackend
from moto.codebuild.models import CodeBuildBackend
from moto.s3 import notifications

from groundplan.stacks.rehearsal.emulator.clock import CLOCK

if TYPE_CHECKING:
    from groundplan.stacks.rehearsal.emulator import Emulator

_REASONS = {
    "Put": "PutObject",
    "Post": "POST Object",
    "Copy": "CopyObject",
    "CompleteMultipartUpload": "CompleteMultipartUpload",
}


class Send(Protocol):
    """Sends an event to the default bus of an account."""

    def __call__(self, **event: Any) -> None:
        """Send it; the arguments are those of ``publish``."""


def replacements(emulator: "Emulator", send: Send) -> Iterator[tuple[Any, str, Any]]:
    """Class or module, attribute and what takes its place."""
    set_state: Any = CloudWatchBackend.set_alarm_state
    start: Any = CodeBuildBackend.start_build

    def object_event(account_id: str, bucket: Any, event_name: str, key: Any) -> None:
        kind, how = _split(event_name)
        if kind != "ObjectCreated":
            return
        send(
            account=bucket.account_id,
            region=bucket.region_name,
            source="aws.s3",
            detail_type="Object Created",
            resources=(bucket.arn,),
            detail={
                "version": "0",
                "bucket": {"name": bucket.name},
                "object": {
                    "key": key.name,
                    "size": key.size,
                    "etag": key.etag.replace('"', ""),
                    **({"version-id": key.version_id} if key.version_id else {}),
                    "sequencer": f"{CLOCK.millis():016X}",
                },
                "requester": account_id,
                "reason": _REASONS.get(how, how),
            },
        )

    def set_alarm_state(
        self: Any, alarm_name: str, reason: str, reason_data: str, state_value: str
    ) -> None:
        previous = self.alarms[alarm_name].state_value if alarm_name in self.alarms else ""
        set_state(self, alarm_name, reason, reason_data, state_value)
        alarm = self.alarms[alarm_name]
        if state_value == previous:
            return
        now = CLOCK.now().isoformat(timespec="milliseconds").replace("+00:00", "+0000")
        send(
            account=self.account_id,
            region=self.region_name,
            source="aws.cloudwatch",
            detail_type="CloudWatch Alarm State Change",
            resources=(alarm.alarm_arn,),
            detail={
                "alarmName": alarm_name,
                "state": {"value": state_value, "reason": reason, "timestamp": now},
                "previousState": {"value": previous},
                "configuration": {"description": alarm.description or ""},
            },
        )
        actions = {
            "ALARM": alarm.alarm_actions,
            "OK": alarm.ok_actions,
            "INSUFFICIENT_DATA": alarm.insufficient_data_actions,
        }[state_value]
        for action in actions if alarm.actions_enabled else ():
            if ":sns:" in action:
                topics = emulator.client("sns", self.account_id, self.region_name)
                topics.publish(
                    TopicArn=action, Subject=f"{state_value}: {alarm_name}", Message=reason
                )

    def start_build(
        self: Any, project_name: str, source_version: Any = None, artifact_override: Any = None
    ) -> Any:
        started = start(self, project_name, source_version, artifact_override)
        send(**build_event(self.account_id, self.region_name, project_name, "IN_PROGRESS"))
        return started

    yield notifications, "_send_event_bridge_message", object_event
    yield CloudWatchBackend, "set_alarm_state", set_alarm_state
    yield CodeBuildBackend, "start_build", start_build


def build_event(account: str, region: str, project: str, status: str) -> dict[str, Any]:
    """What CodeBuild sends when a build of a project gets a status."""
    arn = f"arn:aws:codebuild:{region}:{account}:build/{project}"
    return {
        "account": account,
        "region": region,
        "source": "aws.codebuild",
        "detail_type": "CodeBuild Build State Change",
        "resources": (arn,),
        "detail": {"build-status": status, "project-name": project, "build-id": arn},
    }


def _split(event_name: Any) -> tuple[str, str]:
    """``s3:ObjectCreated:Put`` -> its two parts."""
    _, kind, how = str(getattr(event_name, "value", event_name)).split(":")
    return kind, how
