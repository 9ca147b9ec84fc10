"""Everything the release machine of one environment is built from, resolved: the plan fills it in."""

from dataclasses import dataclass
from typing import Literal

from groundplan.pipelines.steps.jobs import Network
from groundplan.pipelines.steps.release import NO_NETWORK

Stage = Literal["development", "staging", "production"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseApproval:
    """Who must have said yes before a version reaches an endpoint.

    Attributes:
        by: ``status``: ``ModelApprovalStatus`` of the version; ``life_cycle``: its model life-cycle
            stage ``life_cycle_stage`` with the status ``Approved``.
        approver_roles: ARNs of the roles whose write counts; none: anybody's who may write.
        expires_seconds: How long the machine waits for the answer.
    """

    by: Literal["status", "life_cycle"]
    life_cycle_stage: str = "Production"
    approver_roles: tuple[str, ...] = ()
    expires_seconds: int = 259_200
    poll_seconds: int = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseTarget:
    """One endpoint that the machine releases to.

    Attributes:
        model: Name of the model; executions name the endpoint by it.
        model_package_group_arn: Group that a released version must belong to.
        stack_name: The serving stack.
        live_parameter: SSM parameter that records the version after a release.
        alarm_names: Alarms that end the bake.
        shadow_alarm_names: Alarms that end the time in shadow; they exist while the version is there.
        bake_seconds: How long the alarms are watched after a planned release.
        shadow_first: Whether the version first answers a copy of the traffic, which nobody sees.
        update_seconds: Longest update of the endpoint, its rollback included.
        inference_component: The component by which the endpoint scales to zero. Default: none.
        wake_seconds: How long the first copy of the component may take until it answers.
        settings: JSON text of the endpoint's `EndpointSettings`, by which the machine updates the
            endpoint itself. Default: it updates the serving stack.
        set_up: What to do where the endpoint does not exist; the version's ARN follows. Default: the
            stack makes it.
    """

    model: str
    model_package_group_arn: str
    stack_name: str
    endpoint_name: str
    live_parameter: str
    alarm_names: tuple[str, ...] = ()
    shadow_alarm_names: tuple[str, ...] = ()
    bake_seconds: int = 600
    shadow_first: bool = False
    shadow_seconds: int = 3600
    update_seconds: int = 36_000
    inference_component: str = ""
    wake_seconds: int = 0
    settings: str = ""
    set_up: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasePipelineSettings:
    """All releases to the endpoints of one environment.

    Attributes:
        stage: A production endpoint is never removed, not even after a failed first release.
        lock_table: DynamoDB table whose items, with the key ``id``, are locks.
        bus_arn: Where the outcome is announced.
        topic_arn: Who is told.
        approval: Who approves. Default: nobody beyond the version's status ``Approved``.
        cases_bucket: Holds the stored cases of all versions.
        tolerance: Relative difference that the skew test allows between two numbers.
        endpoint_tag: Key of the tag that names the endpoint on the models and configs which may be
            tidied up.
        network: Where models are attached that the machine makes itself.
    """

    project: str
    environment: str
    stage: Stage
    partition: str = "aws"
    lock_table: str
    bus_arn: str
    topic_arn: str
    approval: ReleaseApproval | None = None
    targets: tuple[ReleaseTarget, ...]
    cases_bucket: str
    tolerance: float = 1e-6
    endpoint_tag: str
    network: Network = NO_NETWORK

    @property
    def updates_endpoints(self) -> bool:
        """Whether the machine updates endpoints itself, instead of their stacks."""
        return any(target.settings for target in self.targets)
