"""What a user asks for: typed, frozen, checked as a whole."""

from groundplan.blueprints.spec.base import SpecModel
from groundplan.blueprints.spec.build import validate_spec
from groundplan.blueprints.spec.cost import CostSpec, ModelUsageSpec, SavingsPlanSpec, StorageSpec
from groundplan.blueprints.spec.dataset import DatasetSpec, FeatureSpec, QualityRule, RetentionSpec
from groundplan.blueprints.spec.delivery import DeliverySpec
from groundplan.blueprints.spec.environment import (
    EnvironmentOverrides,
    EnvironmentSpec,
    ModelOverrides,
    Stage,
)
from groundplan.blueprints.spec.evaluation import EvaluationSpec, FairnessSpec, GateSpec
from groundplan.blueprints.spec.governance import AccountOrigins, GovernanceSpec, OncePerAccountSpec
from groundplan.blueprints.spec.image import ImageSpec
from groundplan.blueprints.spec.instance import (
    HostingInstanceRequirements,
    TrainingInstanceRequirements,
)
from groundplan.blueprints.spec.load import load_spec, parse_spec
from groundplan.blueprints.spec.model import ModelSpec
from groundplan.blueprints.spec.monitoring import LabelsSpec, MonitoringSpec
from groundplan.blueprints.spec.network import (
    ExistingNetwork,
    IsolatedNetwork,
    NetworkSpec,
    NoNetwork,
)
from groundplan.blueprints.spec.pipelines import (
    ApprovalSpec,
    ApprovalsSpec,
    DataTrigger,
    DriftTrigger,
    PipelinesSpec,
    PushTrigger,
    ScheduleTrigger,
    TriggerSpec,
)
from groundplan.blueprints.spec.project import ProjectSpec
from groundplan.blueprints.spec.schema import spec_schema
from groundplan.blueprints.spec.serving import (
    AlarmsSpec,
    AsynchronousServing,
    BatchScheduleSpec,
    BatchServing,
    CaptureSpec,
    InstancesSpec,
    LatencySpec,
    MeasuredLatencySpec,
    RealtimeServing,
    RolloutSpec,
    ServerlessServing,
    ServiceTimeSpec,
    ServingSpec,
    SizingSpec,
    TrafficSpec,
)
from groundplan.blueprints.spec.step import StepSpec
from groundplan.blueprints.spec.tracking import TrackingSpec
from groundplan.blueprints.spec.training import (
    ObjectiveSpec,
    ParameterRange,
    SpotSpec,
    TrainingSpec,
    TuningSpec,
)

__all__ = [
    "AccountOrigins",
    "AlarmsSpec",
    "ApprovalSpec",
    "ApprovalsSpec",
    "AsynchronousServing",
    "BatchScheduleSpec",
    "BatchServing",
    "CaptureSpec",
    "CostSpec",
    "DataTrigger",
    "DatasetSpec",
    "DeliverySpec",
    "DriftTrigger",
    "EnvironmentOverrides",
    "EnvironmentSpec",
    "EvaluationSpec",
    "ExistingNetwork",
    "FairnessSpec",
    "FeatureSpec",
    "GateSpec",
    "GovernanceSpec",
    "HostingInstanceRequirements",
    "ImageSpec",
    "InstancesSpec",
    "IsolatedNetwork",
    "LabelsSpec",
    "LatencySpec",
    "MeasuredLatencySpec",
    "ModelOverrides",
    "ModelSpec",
    "ModelUsageSpec",
    "MonitoringSpec",
    "NetworkSpec",
    "NoNetwork",
    "ObjectiveSpec",
    "OncePerAccountSpec",
    "ParameterRange",
    "PipelinesSpec",
    "ProjectSpec",
    "PushTrigger",
    "QualityRule",
    "RealtimeServing",
    "RetentionSpec",
    "RolloutSpec",
    "SavingsPlanSpec",
    "ScheduleTrigger",
    "ServerlessServing",
    "ServiceTimeSpec",
    "ServingSpec",
    "SizingSpec",
    "SpecModel",
    "SpotSpec",
    "Stage",
    "StepSpec",
    "StorageSpec",
    "TrackingSpec",
    "TrafficSpec",
    "TrainingInstanceRequirements",
    "TrainingSpec",
    "TriggerSpec",
    "TuningSpec",
    "load_spec",
    "parse_spec",
    "spec_schema",
    "validate_spec",
]
