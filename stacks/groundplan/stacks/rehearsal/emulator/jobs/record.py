"""What is known about a job that ran on the emulator."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True)
class JobRecord:
    """A job as it stands when it is asked for."""

    kind: Literal["training", "processing", "transform", "batch"]
    account: str
    region: str
    name: str
    instance_type: str
    spot: bool
    status: str
    """``InProgress``, ``Completed``, ``Failed``, ``Stopping`` or ``Stopped``."""
    secondary_status: str
    """As ``SecondaryStatus`` of a training job; empty for a processing job."""
    failure_reason: str
    """Empty unless the job has failed."""
    training_seconds: int
    billable_seconds: int
    request: Mapping[str, Any]
    """The create request as it arrived."""
    log: Path
    """File with what its script printed; it exists once the script was started."""
