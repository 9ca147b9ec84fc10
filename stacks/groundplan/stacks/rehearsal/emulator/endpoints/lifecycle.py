"""Who wrote a model package last, its approval and life cycle, and the events of its changes."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from moto.sagemaker.models import ModelPackage
from moto.sts.models import sts_backends

from groundplan.stacks.rehearsal.emulator import events
from groundplan.stacks.rehearsal.emulator.clock import CLOCK

if TYPE_CHECKING:
    from groundplan.stacks.rehearsal.emulator import Emulator

DETAIL_TYPE = "SageMaker Model Package State Change"
TOLD = ("ModelApprovalStatus", "ModelLifeCycle")
"""What `state` returns, as an event of a change names it."""
_SHOWN = (
    "ModelPackageGroupName",
    "ModelPackageVersion",
    "ModelPackageArn",
    "ModelPackageDescription",
    "InferenceSpecification",
    "ModelPackageStatus",
    "ModelPackageStatusDetails",
    "CertifyForMarketplace",
    "ModelApprovalStatus",
    "CustomerMetadataProperties",
)


def caller(response: Any) -> dict[str, Any]:
    """The user context of whoever sent a request; a role of any account."""
    identities = sts_backends[response.current_account][response.partition]
    principal, arn, _ = identities.get_caller_identity(response.access_key, response.region)
    return {"IamIdentity": {"Arn": arn, "PrincipalId": principal}}


def created(emulator: "Emulator", response: Any, package: Any) -> None:
    """Note who made a package, its life cycle and its time, and send its event."""
    package.creation_time = _now()
    package.created_by = caller(response)
    package.model_life_cycle = response._get_param("ModelLifeCycle")
    _send(emulator, package)


def state(package: Any) -> tuple[Any, Any]:
    """What an event tells the change of."""
    return package.model_approval_status, getattr(package, "model_life_cycle", None)


def updated(emulator: "Emulator", response: Any, package: Any, before: tuple[Any, Any]) -> None:
    """Note who changed a package and when; send an event if its state changed."""
    given = response._get_param("ModelLifeCycle")
    if given is not None:
        package.model_life_cycle = given
    package.last_modified_by = caller(response)
    package.last_modified_time = _now()
    now = state(package)
    changed = [name for name, old, new in zip(TOLD, before, now, strict=True) if old != new]
    if changed:
        _send(emulator, package, changed)


def describe(package: ModelPackage) -> dict[str, Any]:
    """What moto shows, with the life cycle."""
    shown: dict[str, Any] = _describe(package)
    life_cycle = getattr(package, "model_life_cycle", None)
    return shown if life_cycle is None else {**shown, "ModelLifeCycle": life_cycle}


_describe = ModelPackage.gen_response_object


def _send(emulator: "Emulator", package: Any, changed: Sequence[str] = ()) -> None:
    """Send the event of a package; only that of a change names what has changed."""
    shown = describe(package)
    detail = {name: shown[name] for name in _SHOWN if name in shown}
    if changed:
        detail["UpdatedModelPackageFields"] = list(changed)
    for name in ("CreationTime", "LastModifiedTime"):
        if shown.get(name) is not None:
            detail[name] = f"{shown[name].isoformat(timespec='seconds')}Z"
    if "ModelLifeCycle" in shown:
        life_cycle = shown["ModelLifeCycle"].items()
        detail["ModelLifeCycle"] = {key[:1].lower() + key[1:]: value for key, value in life_cycle}
    _, _, _, region, account, _ = package.arn.split(":", 5)
    events.publish(
        emulator,
        account=account,
        region=region,
        source="aws.sagemaker",
        detail_type=DETAIL_TYPE,
        resources=(package.arn,),
        detail=detail,
    )


def _now() -> datetime:
    """The emulated time as moto keeps times: in UTC without saying so."""
    return CLOCK.now().astimezone(UTC).replace(tzinfo=None)
