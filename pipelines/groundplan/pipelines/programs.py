"""Which part of the runtime carries a kind of step out, for orchestrators that run Python."""

from collections.abc import Iterable

from groundplan.pipelines.errors import PipelineError
from groundplan.pipelines.steps import (
    AcquireLock,
    Approval,
    Bake,
    BatchScoring,
    BatchTransform,
    CaptureWindow,
    ChampionGate,
    CollectGarbage,
    DeployVersion,
    EmitEvent,
    FairnessGate,
    FindChampion,
    FindModel,
    Fingerprint,
    Lookup,
    MetricGate,
    MonitoringOutcome,
    Notify,
    ProcessingJob,
    PublishMetrics,
    QualityGate,
    QuietDataset,
    ReadEndpoint,
    ReadModel,
    RecordModel,
    RegisterModel,
    ReleaseLock,
    RepairStack,
    ResolveDataset,
    ResolveImage,
    ScoringTarget,
    ServiceCall,
    SkewTest,
    Step,
    TrainingJob,
    TuningJob,
    UpdateEndpoint,
    WriteManifest,
)

PROGRAMS: dict[type[Step], tuple[str, str]] = {
    BatchScoring: ("batch", "batch"),
    BatchTransform: ("scoring", "transform"),
    CaptureWindow: ("scoring", "capture_window"),
    ChampionGate: ("gates", "champion_gate"),
    EmitEvent: ("services", "emit_event"),
    FairnessGate: ("gates", "fairness_gate"),
    FindChampion: ("data", "find_champion"),
    FindModel: ("data", "find_model"),
    Fingerprint: ("data", "fingerprint"),
    Lookup: ("data", "lookup"),
    MetricGate: ("gates", "metric_gate"),
    Notify: ("services", "notify"),
    ProcessingJob: ("jobs", "processing"),
    PublishMetrics: ("services", "publish_metrics"),
    QualityGate: ("gates", "quality_gate"),
    QuietDataset: ("data", "quiet_dataset"),
    ReadEndpoint: ("scoring", "read_endpoint"),
    ReadModel: ("data", "read_model"),
    RecordModel: ("data", "record_model"),
    RegisterModel: ("services", "register_model"),
    ResolveDataset: ("data", "resolve_dataset"),
    ResolveImage: ("data", "resolve_image"),
    ScoringTarget: ("scoring", "target"),
    ServiceCall: ("services", "service_call"),
    TrainingJob: ("training", "training"),
    TuningJob: ("tuning", "tuning"),
    WriteManifest: ("scoring", "manifest"),
}
"""Kind of step: the module of the runtime, and the function in it that carries the step out."""

RELEASE = (
    "releases are made by the state machine of each environment, which alone may update the stack "
    "of an endpoint"
)
LOCKS = (
    "its locks exclude state machines from each other, and only they know of one that was aborted"
)
MODEL_MONITOR = "Model Monitor runs its jobs itself, and this only reads how they ended"
REFUSED: dict[type[Step], str] = {
    **dict.fromkeys(
        (Approval, Bake, CollectGarbage, DeployVersion, RepairStack, SkewTest, UpdateEndpoint),
        RELEASE,
    ),
    **dict.fromkeys((AcquireLock, ReleaseLock), LOCKS),
    MonitoringOutcome: MODEL_MONITOR,
}
"""Kind of step: why no orchestrator but Step Functions is given it."""


def refuse(path: str, step: Step, orchestrator: str, known: Iterable[type[Step]]) -> PipelineError:
    """The error for a step that an orchestrator cannot express."""
    reason = REFUSED.get(type(step))
    names = ", ".join(sorted(kind.__name__ for kind in known))
    return PipelineError(
        path,
        f"no such step in {orchestrator}",
        got=type(step).__name__,
        fix=f"keep this pipeline in Step Functions: {reason}" if reason else f"use one of {names}",
    )
