"""What runs and is kept: state machines, schedules, tables, builds, repositories, batch, budgets."""

from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.batch_compute_environment import (
    BatchComputeEnvironment,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.batch_job_queue import BatchJobQueue
from groundplan.stacks.rehearsal.emulator.cloudformation.budgets_budget import BudgetsBudget
from groundplan.stacks.rehearsal.emulator.cloudformation.codebuild_project import CodeBuildProject
from groundplan.stacks.rehearsal.emulator.cloudformation.dynamodb_table import DynamoDbTable
from groundplan.stacks.rehearsal.emulator.cloudformation.ecr_repository import EcrRepository
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import Properties
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.tagging import set_tags
from groundplan.stacks.rehearsal.emulator.cloudformation.scheduler_schedule import SchedulerSchedule
from groundplan.stacks.rehearsal.emulator.cloudformation.scheduler_schedule_group import (
    SchedulerScheduleGroup,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.step_functions_state_machine import (
    StepFunctionsStateMachine,
)
from groundplan.stacks.rehearsal.pulumi.types.resource_type import (
    PulumiType,
    Setting,
    each,
    fields,
    one,
)


class _ImageLifecycle(Setting):
    type = "image lifecycle"
    service, holder = "ecr", "repositoryName"
    put, take_away = "PutLifecyclePolicy", "DeleteLifecyclePolicy"


class _RepositoryPolicy(Setting):
    type = "repository policy"
    service, holder = "ecr", "repositoryName"
    put, take_away = "SetRepositoryPolicy", "DeleteRepositoryPolicy"


class _ComputeEnvironment(BatchComputeEnvironment):
    """An environment whose tags change in place; with CloudFormation they make another one."""

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Set state and tags."""
        super().configure(physical_id, properties, previous)
        if previous is not None:
            set_tags(self.account, "batch", physical_id, properties, previous)


class _Budget(BudgetsBudget):
    """A budget known by its name."""

    named_by = "BudgetName"

    def create(self, name: str, properties: Properties) -> str:
        """Make the budget."""
        budget = {key: properties[key] for key in _BUDGET if key in properties}
        budget["BudgetLimit"] = {key: properties[key] for key in ("Amount", "Unit")}
        told = properties.get("NotificationsWithSubscribers", [])
        whole = {"Budget": {**budget, "BudgetName": name}, "NotificationsWithSubscribers": told}
        return super().create(name, whole)


_BUDGET = ("BudgetType", "CostFilters", "CostTypes", "TimeUnit")


def _log_destination(value: Any) -> list[dict[str, Any]]:
    return [{"CloudWatchLogsLogGroup": {"LogGroupArn": value}}]


def _filters(items: Any) -> dict[str, list[str]]:
    return {item["name"]: item["values"] for item in items}


def _notification(value: Any) -> dict[str, Any]:
    addresses = value["subscriberEmailAddresses"]
    return {
        "Notification": {
            key: item for key, item in value.items() if key != "subscriberEmailAddresses"
        },
        "Subscribers": [{"SubscriptionType": "EMAIL", "Address": item} for item in addresses],
    }


TYPES = (
    PulumiType(
        token="aws:sfn/stateMachine:StateMachine",
        made_by=StepFunctionsStateMachine,
        names={
            "name": "StateMachineName",
            "definition": "DefinitionString",
            "roleArn": "RoleArn",
            "type": "StateMachineType",
            "loggingConfiguration": "LoggingConfiguration",
            "tracingConfiguration": "TracingConfiguration",
        },
        values={
            "loggingConfiguration": fields(
                level="Level",
                includeExecutionData="IncludeExecutionData",
                logDestination=("Destinations", _log_destination),
            )
        },
        replaced_by=frozenset({"name", "type"}),
        outputs=lambda id, found: {"arn": id},
    ),
    PulumiType(
        token="aws:scheduler/schedule:Schedule",
        made_by=SchedulerSchedule,
        names={
            "name": "Name",
            "groupName": "GroupName",
            "scheduleExpression": "ScheduleExpression",
            "scheduleExpressionTimezone": "ScheduleExpressionTimezone",
            "flexibleTimeWindow": "FlexibleTimeWindow",
            "target": "Target",
        },
        replaced_by=frozenset({"groupName", "name"}),
        outputs=lambda id, found: {"arn": found["Arn"]},
    ),
    PulumiType(
        token="aws:scheduler/scheduleGroup:ScheduleGroup",
        made_by=SchedulerScheduleGroup,
        names={"name": "Name"},
        replaced_by=frozenset({"name"}),
        outputs=lambda id, found: {"arn": found["Arn"]},
    ),
    PulumiType(
        token="aws:dynamodb/table:Table",
        made_by=DynamoDbTable,
        names={
            "name": "TableName",
            "billingMode": "BillingMode",
            "attributes": "AttributeDefinitions",
            "hashKey": "KeySchema",
            "ttl": "TimeToLiveSpecification",
            "pointInTimeRecovery": "PointInTimeRecoverySpecification",
            "serverSideEncryption": "SSESpecification",
            "deletionProtectionEnabled": "DeletionProtectionEnabled",
        },
        values={
            "attributes": each(fields(name="AttributeName", type="AttributeType")),
            "hashKey": lambda key: [{"AttributeName": key, "KeyType": "HASH"}],
            "ttl": fields(attributeName="AttributeName", enabled="Enabled"),
            "pointInTimeRecovery": fields(enabled="PointInTimeRecoveryEnabled"),
            "serverSideEncryption": lambda block: {
                "SSEType": "KMS",
                **fields(enabled="SSEEnabled", kmsKeyArn="KMSMasterKeyId")(block),
            },
        },
        replaced_by=frozenset({"hashKey", "name"}),
        outputs=lambda id, found: {"arn": found["Arn"]},
    ),
    PulumiType(
        token="aws:codebuild/project:Project",
        made_by=CodeBuildProject,
        names={
            "name": "Name",
            "description": "Description",
            "serviceRole": "ServiceRole",
            "encryptionKey": "EncryptionKey",
            "buildTimeout": "TimeoutInMinutes",
            "artifacts": "Artifacts",
            "environment": "Environment",
            "source": "Source",
            "logsConfig": "LogsConfig",
        },
        replaced_by=frozenset({"name"}),
        outputs=lambda id, found: {"arn": found["Arn"]},
    ),
    PulumiType(
        token="aws:ecr/repository:Repository",
        made_by=EcrRepository,
        names={
            "name": "RepositoryName",
            "encryptionConfigurations": "EncryptionConfiguration",
            "imageScanningConfiguration": "ImageScanningConfiguration",
            "imageTagMutability": "ImageTagMutability",
        },
        values={"encryptionConfigurations": one},
        replaced_by=frozenset({"encryptionConfigurations", "name"}),
        outputs=lambda id, found: {"arn": found["Arn"], "repositoryUrl": found["RepositoryUri"]},
    ),
    PulumiType(
        token="aws:ecr/lifecyclePolicy:LifecyclePolicy",
        made_by=_ImageLifecycle,
        names={"repository": "repositoryName", "policy": "lifecyclePolicyText"},
        replaced_by=frozenset({"repository"}),
    ),
    PulumiType(
        token="aws:ecr/repositoryPolicy:RepositoryPolicy",
        made_by=_RepositoryPolicy,
        names={"repository": "repositoryName", "policy": "policyText"},
        replaced_by=frozenset({"repository"}),
    ),
    PulumiType(
        token="aws:batch/computeEnvironment:ComputeEnvironment",
        made_by=_ComputeEnvironment,
        names={
            "name": "ComputeEnvironmentName",
            "type": "Type",
            "state": "State",
            "computeResources": "ComputeResources",
        },
        replaced_by=frozenset({"name", "type"}),
        outputs=lambda id, found: {"arn": id},
    ),
    PulumiType(
        token="aws:batch/jobQueue:JobQueue",
        made_by=BatchJobQueue,
        names={
            "name": "JobQueueName",
            "priority": "Priority",
            "state": "State",
            "computeEnvironmentOrders": "ComputeEnvironmentOrder",
        },
        replaced_by=frozenset({"name"}),
        outputs=lambda id, found: {"arn": id},
    ),
    PulumiType(
        token="aws:budgets/budget:Budget",
        made_by=_Budget,
        names={
            "name": "BudgetName",
            "budgetType": "BudgetType",
            "timeUnit": "TimeUnit",
            "limitAmount": "Amount",
            "limitUnit": "Unit",
            "costFilters": "CostFilters",
            "costTypes": "CostTypes",
            "notifications": "NotificationsWithSubscribers",
        },
        values={"costFilters": _filters, "notifications": each(_notification)},
        replaced_by=frozenset({"name"}),
    ),
)
