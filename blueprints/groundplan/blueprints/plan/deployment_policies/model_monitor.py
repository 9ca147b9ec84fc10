"""What schedules of Model Monitor need: of CloudFormation, and of the project's roles."""

from groundplan.blueprints.catalogue.analyzers import ANALYZER_REPOSITORY
from groundplan.blueprints.plan.container_repository import PULL_ACTIONS
from groundplan.blueprints.plan.deployment_policies.scope import DeploymentScope, HandlerDuty, row
from groundplan.blueprints.plan.exceptions import STACK_RESOURCES
from groundplan.blueprints.plan.names import name
from groundplan.blueprints.plan.role import Duty, iam_path, role_arn


def schedule_duties(scope: DeploymentScope, environment: str, model: str) -> list[HandlerDuty]:
    """Return what CloudFormation needs for the schedule of one endpoint, if it has one."""
    if (environment, model) not in scope.model_monitor:
        return []
    place = scope.place
    schedule = name("monitoring-schedule", scope.project, environment, model)
    role = name("role", scope.project, environment, model, "model-monitor")
    return [
        row(
            "SageMaker::MonitoringSchedule", "ManageMonitoring",
            "sagemaker: AddTags CreateMonitoringSchedule DeleteMonitoringSchedule"
            " DescribeMonitoringSchedule UpdateMonitoringSchedule",
            (place.arn("sagemaker", f"monitoring-schedule/{schedule}"),),
            "Model Monitor watches the endpoint",
        ),
        row(
            "SageMaker::MonitoringSchedule", "PassMonitoringRole", "iam: PassRole",
            (role_arn(place, iam_path(scope.project), role),),
            "Model Monitor's jobs run with a role of their own",
            condition={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        ),
    ]  # fmt: skip


def model_monitor_boundary(scope: DeploymentScope) -> tuple[Duty, ...]:
    """Return what watching by Model Monitor may reach at most, as part of the project's boundary."""
    if not scope.model_monitor:
        return ()
    place = scope.place
    return (
        Duty(
            id="ModelMonitor",
            actions=(*PULL_ACTIONS, "sagemaker:DescribeMonitoringSchedule"),
            resources=(
                f"arn:{place.partition}:ecr:{place.region}:*:repository/{ANALYZER_REPOSITORY}",
                place.arn("sagemaker", f"monitoring-schedule/{scope.project}-*"),
            ),
            reason="Model Monitor's jobs run in AWS's own image, and pipelines read how they ended",
            wildcard=STACK_RESOURCES,
        ),
    )
