"""What CloudFormation needs for locks, buses, rules and releases, and what releases may at most."""

from fnmatch import fnmatchcase

from groundplan.blueprints.plan.context import TOOLING
from groundplan.blueprints.plan.deployment_policies.scope import (
    DeploymentScope,
    HandlerDuty,
    also,
    row,
)
from groundplan.blueprints.plan.deployment_policies.serving import ENDPOINT_TAG
from groundplan.blueprints.plan.encryption_key import for_aws_resource, via
from groundplan.blueprints.plan.exceptions import BY_CONDITION, NO_NARROWER, STACK_RESOURCES
from groundplan.blueprints.plan.role import Duty

MAKES = ("AddTags", "CreateEndpointConfig", "CreateModel")
"""What a release does without a stack; the names of what it makes begin with the endpoint's."""
KEYS_BY_TAG = "AWS assigns key ids at creation; the project's tag limits this to its own keys"
"""Why a statement on keys holds a wildcard."""


def release_duties(scope: DeploymentScope) -> list[HandlerDuty]:
    """Return what CloudFormation needs for what releases are made of, besides their state machine."""
    duties = [*_rules(scope), *_undelivered(scope)]
    if scope.environments:
        duties += [*_locks(scope), *_buses(scope)]
    return duties


def _rules(scope: DeploymentScope) -> list[HandlerDuty]:
    """Rules on an account's default bus and on the buses of its environments."""
    rules = [*scope.names("rule", _senders(scope)), *scope.names("rule", scope.environments)]
    for environment in scope.environments:
        [bus], [pattern] = (
            scope.names("event-bus", [environment]),
            scope.names("rule", [environment]),
        )
        own = f"{bus}/{pattern}"
        if not any(fnmatchcase(own, rule) for rule in rules):  # a wildcard passes slashes, too
            rules.append(own)
    if not rules:
        return []
    return [
        row(
            "Events::Rule", "ManageDeliveryRules",
            "events: DeleteRule DescribeRule ListTagsForResource ListTargetsByRule PutRule"
            " PutTargets RemoveTargets TagResource UntagResource",
            tuple(scope.place.arn("events", f"rule/{item}") for item in rules),
            "events start pipelines, in this account or by way of another one's bus",
        ),
    ]  # fmt: skip


def _undelivered(scope: DeploymentScope) -> list[HandlerDuty]:
    """Queue, alarm and topic of stages that are no environments; the others' are in the table."""
    senders = _senders(scope)
    if not senders:
        return []
    return [
        row(
            "SQS::Queue SQS::QueuePolicy", "ManageDeliveryQueues",
            "sqs: CreateQueue DeleteQueue GetQueueAttributes GetQueueUrl ListQueueTags"
            " SetQueueAttributes TagQueue UntagQueue",
            scope.arns("sqs", "{}", "state-machine", senders),
            "events that could not be delivered are kept in a queue",
        ),
        row(
            "CloudWatch::Alarm", "ManageDeliveryAlarms",
            "cloudwatch: DeleteAlarms DescribeAlarms ListTagsForResource PutMetricAlarm TagResource"
            " UntagResource",
            scope.arns("cloudwatch", "alarm:{}", "alarm", senders),
            "an event that could not be delivered raises an alarm",
        ),
        row(
            "SNS::Topic SNS::TopicPolicy SNS::Subscription", "ManageDeliveryTopics",
            "sns: CreateTopic DeleteTopic GetDataProtectionPolicy GetSubscriptionAttributes"
            " GetTopicAttributes ListSubscriptionsByTopic ListTagsForResource SetTopicAttributes"
            " Subscribe TagResource Unsubscribe UntagResource",
            scope.arns("sns", "{}", "topic", senders),
            "somebody is told of such an alarm",
        ),
    ]  # fmt: skip


def _senders(scope: DeploymentScope) -> tuple[str, ...]:
    """Return the stages that forward events and are no environments."""
    return (*((TOOLING,) if scope.has_tooling else ()), *scope.forwarding)


def _locks(scope: DeploymentScope) -> list[HandlerDuty]:
    own = scope.environments
    keys = (scope.place.arn("kms", "key/*"),)
    return [
        row(
            "DynamoDB::Table", "ManageLockTables",
            "dynamodb: CreateTable DeleteTable DescribeContinuousBackups DescribeContributorInsights"
            " DescribeKinesisStreamingDestination DescribeTable DescribeTimeToLive"
            " GetResourcePolicy ListTagsOfResource TagResource UntagResource"
            " UpdateContinuousBackups UpdateTable UpdateTimeToLive",
            scope.arns("dynamodb", "table/{}", "table", own),
            "executions that must not run together take a lock; none reads or writes one here",
        ),
        row(
            "DynamoDB::Table", "EncryptLockTables", "kms: Decrypt Encrypt GenerateDataKey",
            keys,
            "DynamoDB makes the key of a table in the name of who makes the table",
            condition=also(scope.owned(own), via("dynamodb", scope.place.region)),
            wildcard=KEYS_BY_TAG,
        ),
        row(
            "DynamoDB::Table", "GrantKeyToTables", "kms: CreateGrant RevokeGrant", keys,
            "DynamoDB encrypts a table by a grant of whoever makes it",
            condition=also(scope.owned(own), for_aws_resource()), wildcard=KEYS_BY_TAG,
        ),
    ]  # fmt: skip


def _buses(scope: DeploymentScope) -> list[HandlerDuty]:
    return [
        row(
            "Events::EventBus Events::EventBusPolicy", "ManageBuses",
            "events: CreateEventBus DeleteEventBus DescribeEventBus ListTagsForResource"
            " TagResource UntagResource UpdateEventBus",
            scope.arns("events", "event-bus/{}", "event-bus", scope.environments),
            "every environment has a bus of its own",
        ),
        row(
            "Events::EventBus Events::EventBusPolicy", "ManageBusPolicies",
            "events: PutPermission RemovePermission", ("*",),
            "a bus names who may put events on it", wildcard=NO_NARROWER,
        ),
    ]  # fmt: skip


def release_boundary(scope: DeploymentScope) -> tuple[Duty, ...]:
    """Return what releases and events may reach at most, as part of the project's boundary.

    No role of the project changes a model package: it could approve its own model.
    """
    place, project = scope.place, scope.project
    direct = scope.engine == "pulumi"
    served = (place.arn("sagemaker", "*"),)
    # One statement, since a boundary is one policy: none of these actions knows another's resources.
    return (
        Duty(
            id="Release",
            actions=(
                *(
                    ()
                    if direct
                    else (
                        "cloudformation:ContinueUpdateRollback",
                        "cloudformation:DescribeStacks",
                        "cloudformation:UpdateStack",
                    )
                ),
                *(("cloudwatch:DeleteAlarms", "cloudwatch:PutMetricAlarm") if direct else ()),
                "dynamodb:DeleteItem",
                "dynamodb:GetItem",
                "dynamodb:PutItem",
                "dynamodb:UpdateItem",
                "events:PutEvents",
                "sns:Publish",
                "ssm:PutParameter",
            ),
            resources=(
                place.arn("cloudwatch", f"alarm:{project}-*")
                if direct
                else place.arn("cloudformation", f"stack/{project}-*"),
                place.arn("dynamodb", f"table/{project}-*"),
                f"arn:{place.partition}:events:{place.region}:*:event-bus/{project}-*",
                place.arn("sns", f"{project}-*"),
                place.arn("ssm", f"parameter/groundplan/{project}/*"),
            ),
            reason="releases turn alarms, hold a lock, record what is live and tell others"
            if direct
            else "releases update serving stacks under a lock, record what is live and tell others",
            wildcard=STACK_RESOURCES,
        ),
        Duty(
            id="SeeServing",
            actions=tuple(
                f"sagemaker:{item}"
                for item in (
                    *(MAKES if direct else ()),
                    "DescribeEndpoint",
                    *(["DescribeInferenceComponent"] if scope.components else []),
                    "InvokeEndpoint",
                )
            ),
            resources=(place.arn("sagemaker", f"*/{project}-*"),),
            reason="a release makes what is to serve, looks at what serves, and tries it"
            if direct
            else "a release looks at what serves, and tries it",
            wildcard=STACK_RESOURCES,
        ),
        Duty(
            id="SeeServed",
            actions=tuple(
                f"sagemaker:{item}"
                for item in ("DescribeEndpointConfig", "DescribeModel", "ListTags")
            ),
            resources=served,
            reason="a release looks at what is served",
            wildcard=STACK_RESOURCES,
        ),
        Duty(
            id="ListServed",
            actions=(
                "cloudwatch:DescribeAlarms",
                "sagemaker:ListEndpointConfigs",
                "sagemaker:ListModels",
            ),
            resources=("*",),
            reason="a release looks for alarms, and for what earlier ones have left",
            wildcard=NO_NARROWER,
        ),
        Duty(
            id="CollectModels",
            actions=(
                "sagemaker:DeleteEndpointConfig",
                "sagemaker:DeleteModel",
                # The config that an endpoint goes back to may have a name that Pulumi made up.
                *(("sagemaker:UpdateEndpoint",) if direct else ()),
            ),
            resources=served,
            reason="a release gives an endpoint its config, and removes what earlier ones have left"
            if direct
            else "a release removes what earlier ones have left",
            condition={"StringLike": {f"aws:ResourceTag/{ENDPOINT_TAG}": f"{project}-*"}},
            wildcard=BY_CONDITION,
        ),
    )
