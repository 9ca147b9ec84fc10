"""Steps of a release: approval, lock, update of the serving stack, proof, bake, tidying up."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from groundplan.pipelines.steps.base import Step
from groundplan.pipelines.steps.jobs import Network
from groundplan.pipelines.values import Kind, Text

NO_NETWORK = Network()


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval(Step):
    """Waits until somebody who may has approved a version in the model registry.

    ``by`` says what counts: ``status`` is ``ModelApprovalStatus`` ``Approved``, ``life_cycle`` the
    model life-cycle ``stage`` with the status ``Approved``. Where ``approver_roles`` names roles, the
    version's ``LastModifiedBy`` must be one of them; nobody else's write counts. A rejection, or no
    answer within ``expires_seconds``, ends the execution with ``ApprovalRefused`` or
    ``ApprovalExpired``. With ``expires_seconds`` 0 it looks once. A version outside
    ``model_package_group_arn``, where that is given, ends it with ``WrongGroup``.

    The registry names only the last writer: a later write by somebody else hides an approval, which
    then has to be given again. A rejection counts whoever wrote it.
    """

    OUTPUTS: ClassVar[Mapping[str, Kind]] = {"approver": "text", "approved_at": "text"}

    model_package_arn: Text
    model_package_group_arn: Text = ""
    by: Literal["status", "life_cycle"]
    stage: str = "Production"
    approver_roles: tuple[str, ...] = ()
    expires_seconds: int
    poll_seconds: int = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class AcquireLock(Step):
    """Takes an item of a DynamoDB table for this execution, or waits for it.

    A lock whose lease is over may be taken over. The item is ``{"id": lock_id, "holder": execution
    id, "expires_at": epoch seconds}``. After ``wait_seconds`` the execution ends with ``Locked``, or
    goes on with ``acquired`` equal to ``no`` where the lock is not ``required``. A lock that is never
    released is a cool-down of ``lease_seconds``. With ``takeover`` equal to ``yes`` the lock is taken
    whoever holds it. With ``renew`` it is taken only if this execution holds it already, its lease
    being over or not: a lock that was given back meanwhile was somebody else's in between.
    """

    OUTPUTS: ClassVar[Mapping[str, Kind]] = {"acquired": "text"}

    required: bool = True
    table_name: str
    lock_id: Text
    lease_seconds: int
    wait_seconds: int
    poll_seconds: int = 60
    takeover: Text = "no"
    renew: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseLock(Step):
    """Gives a lock back if this execution still holds it; ``released`` says whether it did."""

    OUTPUTS: ClassVar[Mapping[str, Kind]] = {"released": "text"}

    table_name: str
    lock_id: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairStack(Step):
    """Brings a stack that is stuck in a failed rollback, or busy, to rest.

    ``UPDATE_ROLLBACK_FAILED`` is continued, at most ``attempts`` times; an operation in progress is
    waited for. ``repaired`` is ``yes`` when a rollback was continued.
    """

    OUTPUTS: ClassVar[Mapping[str, Kind]] = {"repaired": "text", "status": "text"}

    stack_name: Text
    attempts: int = 3
    wait_seconds: int = 14_400
    poll_seconds: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadEndpoint(Step):
    """What an endpoint serves: a model package ARN, or ``none`` when there is no endpoint.

    Where ``inference_component`` is not empty, that component tells it: its endpoint's variant has no
    model. Where ``required`` says what to do about it, a missing endpoint ends the execution with
    ``EndpointMissing``.
    """

    OUTPUTS: ClassVar[Mapping[str, Kind]] = {"version": "text", "config_name": "text"}

    endpoint_name: Text
    inference_component: Text = ""
    required: Text = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployVersion(Step):
    """Updates a serving stack's parameters and waits until the endpoint really serves them.

    The template stays as it is. It has succeeded only when DescribeEndpoint shows a config whose
    production variant (and shadow variant, unless ``shadow_version`` is ``none``) serves the asked
    version; a stack that reports success on the old config ends the execution with
    ``RolledBack``. A stack that already has these parameters is no error. The version ``none``
    removes the endpoint. Of an endpoint with an ``inference_component``, the component must serve the
    version.
    """

    OUTPUTS: ClassVar[Mapping[str, Kind]] = {
        "version": "text",
        "config_name": "text",
        "stack_status": "text",
    }

    stack_name: Text
    endpoint_name: Text
    inference_component: Text = ""
    version: Text
    shadow_version: Text = "none"
    rollout: Text = "planned"
    wait_seconds: int
    poll_seconds: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateEndpoint(Step):
    """Gives an endpoint a new model and config of a version, and waits until it really serves them.

    Nothing but the service's own calls: no stack is involved. ``settings`` is the JSON text of an
    `~groundplan.pipelines.endpoint_settings.EndpointSettings`. The new config gets its alarms before the endpoint gets the config, and at the end
    they watch what is served. It has succeeded only when DescribeEndpoint shows a config of the asked
    version (and shadow version, unless that is ``none``) with the instances and the share of captured
    requests in ``settings``; one that is so already is no error, and any other end is ``RolledBack``. A
    missing endpoint ends the execution with ``EndpointMissing``.

    Where there are ``shadows``, the alarms of one that is gone are deleted. With ``config_name`` the
    endpoint goes back to that config, and none is made. Models and configs are
    named after the endpoint, the execution, the step and the attempt.
    """

    OUTPUTS: ClassVar[Mapping[str, Kind]] = {"version": "text", "config_name": "text"}

    endpoint_name: Text
    settings: Text
    model_package_group_arn: Text = ""
    version: Text
    shadow_version: Text = "none"
    shadows: bool = False
    config_name: Text = ""
    rollout: Text = "planned"
    network: Network = NO_NETWORK
    wait_seconds: int
    poll_seconds: int = 60
    inference_component: ClassVar[str] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SkewTest(Step):
    """Sends stored cases to an endpoint: it must answer as the trained model did.

    ``cases_uri`` is a JSON object ``{"content_type": ..., "cases": [{"body": text, "answer": JSON},
    ...]}`` of at most 100 KiB and 20 cases. Numbers may differ by ``tolerance``, relative to the
    greater of 1 and the expected one. An empty ``cases_uri`` ends the execution with ``NoCases``.

    An endpoint with an ``inference_component`` may have no copies of it. The first case is asked until
    one has woken, for at most ``wake_seconds``.
    """

    OUTPUTS: ClassVar[Mapping[str, Kind]] = {"cases": "number"}

    endpoint_name: Text
    cases_uri: Text
    cases_bucket: str
    tolerance: float = 1e-6
    inference_component: Text = ""
    wake_seconds: int = 1800
    poll_seconds: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Bake(Step):
    """Waits, and ends the execution with ``AlarmInBake`` as soon as one of the alarms is on.

    ``alarm_names`` is one text with commas; an empty one only waits. A name without an alarm ends it
    with ``AlarmMissing``. ``seconds`` is a whole number.
    """

    alarm_names: Text
    seconds: Text
    poll_seconds: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectGarbage(Step):
    """Deletes the models and configs that releases of an endpoint have left behind.

    Only what carries the tag ``tag_key`` with the endpoint's name and is older than the config that it
    serves, and neither what it serves nor ``keep_config``. What cannot be deleted is passed over and
    counted in ``left``. One run looks at the 200 newest configs and models and deletes at most 40 of
    each. A model of an ``inference_component`` is old when it is older than the one that is served:
    the config stays the same.
    """

    OUTPUTS: ClassVar[Mapping[str, Kind]] = {
        "configs": "number",
        "models": "number",
        "left": "number",
    }

    endpoint_name: Text
    tag_key: str
    keep_config: Text = ""
    inference_component: Text = ""
