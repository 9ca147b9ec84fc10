"""What deploys with CodePipeline as one plain CloudFormation template, beside stage 0's."""

from collections.abc import Mapping
from typing import Any

from groundplan.blueprints.plan.code_pipeline import (
    PROVIDER_TYPES,
    PULL_REQUEST_EVENTS,
    SOURCE,
    SOURCE_PROVIDER,
    ActionPlan,
    BuildProjectPlan,
    CodePipelinePlan,
)
from groundplan.blueprints.plan.delivery_pipeline import DeliveryPipelinePlan
from groundplan.blueprints.plan.ref import Ref, resolve
from groundplan.blueprints.plan.stage_0_resources import (
    Resource,
    bucket_resource,
    deleted,
    hashed,
    kept,
    key_with_alias,
    log_group,
    managed_policy,
    output,
    role_with_policies,
    topic_resource,
)

BOUNDARY = "PipelineBoundary"
"""Id of the policy that bounds the roles."""
CONNECTION_OUTPUT = "ConnectionArn"
"""Output that holds the ARN of a connection that is made."""


def delivery_pipeline_template(plan: DeliveryPipelinePlan) -> dict[str, Any]:
    """Return the CloudFormation template of a project's pipelines.

    Bucket, key and logs stay when the stack goes; pipelines, builds and roles go with it.
    """
    key: dict[Ref, Any] = {plan.key.arn: {"Fn::GetAtt": [plan.key.id, "Arn"]}}
    bucket, topic = plan.bucket.id, plan.topic.id
    boundary = plan.boundary
    resources: dict[str, Resource] = {
        **key_with_alias(plan.key),
        bucket: bucket_resource(plan.bucket, key),
        f"{bucket}Policy": kept(
            "AWS::S3::BucketPolicy",
            {
                "Bucket": {"Ref": bucket},
                "PolicyDocument": resolve(plan.bucket.policy.to_json(), key),
            },
        ),
        **{group.id: log_group(group) for group in plan.log_groups},
        topic: topic_resource(plan.topic, plan.key.id),
        f"{topic}Policy": deleted(
            "AWS::SNS::TopicPolicy",
            {"PolicyDocument": plan.topic.policy.to_json(), "Topics": [{"Ref": topic}]},
        ),
        BOUNDARY: managed_policy(
            boundary.arn.split("policy", 1)[1].rpartition("/")[0] + "/",
            boundary.name,
            boundary.description,
            boundary.document,
            boundary.duties,
            boundary.exceptions,
        ),
        "FailureRule": _failure(plan),
    }
    for index, email in enumerate(plan.topic.emails, start=1):
        resources[f"{topic}Email{index}"] = deleted(
            "AWS::SNS::Subscription",
            {"Endpoint": email, "Protocol": "email", "TopicArn": {"Ref": topic}},
        )
    outputs: dict[str, Any] = {}
    values: dict[Ref, Any] = {}
    connection = plan.connection
    if connection is not None:
        resources[connection.id] = deleted(
            "AWS::CodeConnections::Connection",
            {
                "ConnectionName": connection.name,
                "ProviderType": PROVIDER_TYPES[connection.provider],
            },
        )
        values[connection.arn] = {"Ref": connection.id}
        outputs[CONNECTION_OUTPUT] = {
            "Description": "Connection that somebody completes once in the console",
            "Value": {"Ref": connection.id},
        }
    for pipeline in plan.pipelines:
        resources |= _pipeline(pipeline, bucket, values)
        outputs[f"{pipeline.id}Pipeline"] = output(
            f"Pipeline of each {pipeline.trigger.replace('_', ' ')}", pipeline.name
        )
    return hashed(
        "CodePipeline of groundplan's stage 0, made by an administrator", resources, outputs
    )


def project_properties(plan: BuildProjectPlan) -> Resource:
    """Return the properties of a project as CloudFormation has them."""
    return {
        "Artifacts": {"Type": "CODEPIPELINE"},
        "Description": plan.description,
        "EncryptionKey": plan.encryption_key_alias,
        "Environment": {
            "ComputeType": plan.compute_type,
            "EnvironmentVariables": [
                {"Name": name, "Type": "PLAINTEXT", "Value": value}
                for name, value in plan.environment
            ],
            "Image": plan.build_image,
            "PrivilegedMode": False,
            "Type": "LINUX_CONTAINER",
        },
        "LogsConfig": {"CloudWatchLogs": {"GroupName": plan.log_group_name, "Status": "ENABLED"}},
        "Name": plan.name,
        "ServiceRole": plan.role.arn,
        "Source": {"BuildSpec": plan.buildspec, "Type": "CODEPIPELINE"},
        "TimeoutInMinutes": plan.timeout_minutes,
    }


def pipeline_properties(plan: CodePipelinePlan, values: Mapping[Ref, Any]) -> Resource:
    """Return the properties of a pipeline as CloudFormation has them.

    Args:
        plan: A pipeline.
        values: What stands for the ARN of its connection, where that is made here.
    """
    branches = {"Branches": {"Includes": [plan.branch]}}
    event = (
        {"Push": [branches]}
        if plan.trigger == "push"
        else {"PullRequest": [{**branches, "Events": list(PULL_REQUEST_EVENTS)}]}
    )
    found: Resource = {
        "ArtifactStore": {
            "EncryptionKey": {"Id": plan.encryption_key_alias, "Type": "KMS"},
            "Location": plan.bucket,
            "Type": "S3",
        },
        "ExecutionMode": plan.execution_mode,
        "Name": plan.name,
        "PipelineType": "V2",
        "RoleArn": plan.role.arn,
        "Stages": [
            {"Actions": [_action(item, values) for item in stage.actions], "Name": stage.name}
            for stage in plan.stages
        ],
        "Triggers": [
            {
                "GitConfiguration": {**event, "SourceActionName": SOURCE},
                "ProviderType": SOURCE_PROVIDER,
            }
        ],
    }
    if plan.variables:
        found["Variables"] = [
            {"DefaultValue": value, "Name": name} for name, value in plan.variables
        ]
    return found


def _action(plan: ActionPlan, values: Mapping[Ref, Any]) -> Resource:
    found: Resource = {
        "ActionTypeId": {
            "Category": plan.category,
            "Owner": "AWS",
            "Provider": plan.provider,
            "Version": "1",
        },
        "Configuration": resolve(dict(plan.configuration), values),
        "Name": plan.name,
        "RunOrder": plan.run_order,
    }
    if plan.inputs:
        found["InputArtifacts"] = [{"Name": item} for item in plan.inputs]
    if plan.outputs:
        found["OutputArtifacts"] = [{"Name": item} for item in plan.outputs]
    return found


def _pipeline(
    plan: CodePipelinePlan, bucket: str, values: Mapping[Ref, Any]
) -> dict[str, Resource]:
    """Return a pipeline with its role, and its builds with theirs, by id."""
    resources: dict[str, Resource] = {}
    after = [f"{bucket}Policy"]
    for role, id in (
        (plan.role, f"{plan.id}Role"),
        *((build.role, f"{plan.id}{build.id}Role") for build in plan.builds),
    ):
        resources |= _role(role_with_policies(role), role.id, id)
    for build in plan.builds:
        id = f"{plan.id}{build.id}"
        resources[id] = deleted("AWS::CodeBuild::Project", project_properties(build))
        resources[id]["DependsOn"] = [f"{id}Logs", f"{id}Role"]
        after.append(id)
    resources[plan.id] = deleted("AWS::CodePipeline::Pipeline", pipeline_properties(plan, values))
    resources[plan.id]["DependsOn"] = [*after, f"{plan.id}Role"]
    return resources


def _role(found: dict[str, Resource], old: str, new: str) -> dict[str, Resource]:
    """Return a role and its policies under the id that it has in this template."""
    renamed = {new + id.removeprefix(old): resource for id, resource in found.items()}
    policies = [{"Ref": id} for id in renamed if id != new]
    renamed[new]["Properties"]["ManagedPolicyArns"] = policies
    renamed[new]["DependsOn"] = [BOUNDARY]
    return renamed


def _failure(plan: DeliveryPipelinePlan) -> Resource:
    rule = plan.failure
    return deleted(
        "AWS::Events::Rule",
        {
            "Description": "Tells of failed deployments",
            "EventPattern": rule.event_pattern,
            "Name": rule.name,
            "State": "ENABLED",
            "Targets": [
                {
                    "Arn": {"Ref": plan.topic.id},
                    "Id": "Topic",
                    "InputTransformer": {
                        "InputPathsMap": dict(rule.input_paths),
                        "InputTemplate": rule.input_template,
                    },
                }
            ],
        },
    )
