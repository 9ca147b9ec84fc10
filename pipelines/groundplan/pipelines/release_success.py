"""What the release machine does once a version is proved: record it, tidy up, tell."""

from groundplan.pipelines.release_settings import ReleasePipelineSettings
from groundplan.pipelines.steps import (
    CollectGarbage,
    EmitEvent,
    Notify,
    ReleaseLock,
    ServiceCall,
    Step,
)
from groundplan.pipelines.values import (
    Either,
    Execution,
    Join,
    NumberOutput,
    Parameter,
    TextOutput,
)

VERSION = Parameter("version")
ENDPOINT = TextOutput("target", "endpoint_name")
LOCK_ID = Join(("release-", ENDPOINT))


def hosted(settings: ReleasePipelineSettings) -> TextOutput | str:
    """The endpoint's inference component, or nothing where no endpoint has one."""
    some = any(target.inference_component for target in settings.targets)
    return TextOutput("target", "inference_component") if some else ""


def success(settings: ReleasePipelineSettings) -> tuple[Step, ...]:
    """What is left once the version is proved: to record it, to tidy up, to tell."""
    return (
        ServiceCall(
            id="record",
            service="ssm",
            action="putParameter",
            repeatable=True,
            arguments=(
                ("Name", TextOutput("target", "live_parameter")),
                ("Value", VERSION),
                ("Type", "String"),
                ("Overwrite", True),
            ),
        ),
        CollectGarbage(
            id="collect",
            on_failure="continue",
            endpoint_name=ENDPOINT,
            tag_key=settings.endpoint_tag,
            keep_config=TextOutput("previous", "config_name"),
            inference_component=hosted(settings),
        ),
        EmitEvent(
            id="publish",
            bus_arn=settings.bus_arn,
            source=f"groundplan.{settings.project}",
            detail_type="Release Succeeded",
            detail=(
                ("environment", settings.environment),
                ("model", Parameter("model")),
                ("model_package_arn", VERSION),
                ("execution", Execution("id")),
                ("endpoint", ENDPOINT),
                ("previous", TextOutput("previous", "version")),
                ("approver", approver(settings)),
                ("emergency", Parameter("emergency")),
                ("reason", Parameter("reason")),
            ),
        ),
        ReleaseLock(
            id="unlock",
            on_failure="continue",
            table_name=settings.lock_table,
            lock_id=LOCK_ID,
        ),
        Notify(
            id="notify",
            topic_arn=settings.topic_arn,
            subject=f"{settings.project}: released to {settings.environment}"[:100],
            message=Join(
                (
                    "Endpoint ",
                    ENDPOINT,
                    " serves ",
                    VERSION,
                    " instead of ",
                    TextOutput("previous", "version"),
                    ". Approved by ",
                    approver(settings),
                    ". Emergency: ",
                    Parameter("emergency"),
                    ". Reason: ",
                    Parameter("reason"),
                    ". Old configs deleted: ",
                    Either(NumberOutput("collect", "configs"), "none, tidying up failed"),
                    ", not deleted: ",
                    Either(NumberOutput("collect", "left"), "unknown"),
                    ". Lock given back: ",
                    Either(TextOutput("unlock", "released"), "no, it ends with its lease"),
                    ".",
                )
            ),
        ),
    )


def approver(settings: ReleasePipelineSettings, fact: str = "approver") -> Either | TextOutput:
    """Of the approval that decided: the life cycle's, where one was waited for."""
    status = TextOutput("approved", fact)
    if settings.approval is None or settings.approval.by == "status":
        return status
    return Either(TextOutput("approval", fact), status)
