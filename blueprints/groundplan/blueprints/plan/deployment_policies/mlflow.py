"""What MLflow apps and tracking servers need: of CloudFormation, and of the project's roles."""

from groundplan.blueprints.plan.deployment_policies.scope import (
    DeploymentScope,
    HandlerDuty,
    also,
    row,
)
from groundplan.blueprints.plan.exceptions import BY_CONDITION, STACK_RESOURCES
from groundplan.blueprints.plan.names import name
from groundplan.blueprints.plan.role import Duty, iam_path, role_arn

RECORD_IN_SERVER = (
    "sagemaker-mlflow:CreateExperiment",
    "sagemaker-mlflow:CreateRun",
    "sagemaker-mlflow:GetExperimentByName",
    "sagemaker-mlflow:GetRun",
    "sagemaker-mlflow:LogBatch",
    "sagemaker-mlflow:SearchRuns",
    "sagemaker-mlflow:UpdateRun",
)
"""What the standard program `tracking` calls of a tracking server; a test watches it."""


def mlflow_duties(scope: DeploymentScope) -> list[HandlerDuty]:
    """Return what CloudFormation needs for where training runs are recorded, if it is here."""
    if scope.mlflow is None:
        return []
    kind, environment = scope.mlflow
    place = scope.place
    role = role_arn(
        place, iam_path(scope.project), name("role", scope.project, environment, "mlflow")
    )
    if kind == "server":
        own = name("mlflow", scope.project, environment)
        return [
            row(
                "SageMaker::MlflowTrackingServer", "ManageTracking",
                "sagemaker: AddTags CreateMlflowTrackingServer DeleteMlflowTrackingServer DeleteTags"
                " DescribeMlflowTrackingServer ListTags UpdateMlflowTrackingServer",
                (place.arn("sagemaker", f"mlflow-tracking-server/{own}"),),
                "training runs are recorded in a tracking server",
            ),
            _pass_role("SageMaker::MlflowTrackingServer", role),
        ]  # fmt: skip
    apps = (place.arn("sagemaker", "mlflow-app/*"),)
    return [
        row(
            "SageMaker::MlflowApp", "CreateTracking", "sagemaker: CreateMlflowApp", apps,
            "training runs are recorded in an app",
            condition=scope.tagged((environment,)), wildcard=BY_CONDITION,
        ),
        row(
            "SageMaker::MlflowApp", "TagNewTracking", "sagemaker: AddTags", apps,
            "an app is tagged as it is created",
            condition=also(
                scope.tagged((environment,)),
                {"StringEquals": {"sagemaker:TaggingAction": "CreateMlflowApp"}},
            ),
            wildcard=BY_CONDITION,
        ),
        row(
            "SageMaker::MlflowApp", "ManageTracking",
            "sagemaker: AddTags DeleteMlflowApp DeleteTags DescribeMlflowApp ListTags UpdateMlflowApp",
            apps, "stacks read, change and end their app",
            condition=scope.owned((environment,)), wildcard=BY_CONDITION,
        ),
        _pass_role("SageMaker::MlflowApp", role),
    ]  # fmt: skip


def _pass_role(type: str, role: str) -> HandlerDuty:
    return row(
        type,
        "PassTrackingRole",
        "iam: PassRole",
        (role,),
        "MLflow reads and writes its artifacts with a role of its own",
        condition={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
    )


def mlflow_boundary(scope: DeploymentScope) -> tuple[Duty, ...]:
    """Return what recording runs may reach at most, as part of the project's boundary."""
    if scope.mlflow is None:
        return ()
    kind, _ = scope.mlflow
    place = scope.place
    server = kind == "server"
    return (
        Duty(
            id="RecordRuns",
            actions=RECORD_IN_SERVER if server else ("sagemaker:CallMlflowAppApi",),
            resources=(
                # the same pattern as that of jobs, since a boundary is one policy of limited size
                place.arn("sagemaker", f"*/{scope.project}-*" if server else "mlflow-app/*"),
            ),
            reason="training runs are recorded in MLflow",
            wildcard=STACK_RESOURCES if server else BY_CONDITION,
        ),
    )
