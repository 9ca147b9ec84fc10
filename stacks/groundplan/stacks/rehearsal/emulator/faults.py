"""What goes wrong on purpose: the emulator's injection points."""

from dataclasses import dataclass, field
from typing import Literal

CallFault = Literal[
    "throttled", "no_capacity", "refused", "unavailable", "never_answers", "answer_lost"
]
"""How a call of a task state fails: with an error of the service, or by taking longer than the state
allows; where the answer is lost, the call has been made."""


@dataclass
class Faults:
    """Faults that the emulated services show; change it at any time.

    Every entry lasts until it is removed, except where its docstring says that it is used up.
    """

    no_capacity: set[str] = field(default_factory=set)
    """Instance types without spot capacity: a managed spot job sits in ``Starting`` until it is
    stopped or has been described so often that ``MaxWaitTimeInSeconds`` is over."""

    no_on_demand_capacity: set[str] = field(default_factory=set)
    """Instance types without on-demand capacity: a job on them fails with ``CapacityError``."""

    interrupt: set[str] = field(default_factory=set)
    """Instance types whose next spot job is interrupted once: its script gets ``SIGTERM`` as soon
    as it has written a checkpoint, and is started again with the checkpoints. Used up."""

    throttle: dict[str, int] = field(default_factory=dict)
    """SageMaker operation (``CreateTrainingJob``) -> how many of its next calls fail with
    ``ThrottlingException``. Counts down."""

    calls: dict[str, list[CallFault]] = field(default_factory=dict)
    """Name of a task state, or ``service:operation`` (``sagemaker:createTrainingJob``) -> how its next
    calls from state machines fail, one after the other. Used up."""

    job_failure: dict[str, str] = field(default_factory=dict)
    """Part of a job's name -> ``FailureReason`` of the next job whose name contains it; its script
    is not started. Used up."""

    reclaims: dict[str, int] = field(default_factory=dict)
    """Part of the name of a job of AWS Batch -> how many of its next attempts lose their spare
    capacity before they end. Counts down."""

    rollback_failures: dict[str, int] = field(default_factory=dict)
    """Name of a CloudFormation stack -> how many of its next rollbacks, continued ones included,
    fail and leave it ``UPDATE_ROLLBACK_FAILED``. Counts down."""

    skew: set[str] = field(default_factory=set)
    """Names of endpoints whose answers differ from what their model says."""

    endpoint_update: Literal["fails", "rolls_back_silently"] | None = None
    """What the next UpdateEndpoint, or update of an inference component, does: ``fails`` is an error that CloudFormation sees, so that
    the stack rolls back; ``rolls_back_silently`` leaves the endpoint ``InService`` on its old
    configuration while the stack reports success. Used up."""
