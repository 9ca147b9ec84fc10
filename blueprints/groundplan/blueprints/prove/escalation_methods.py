"""The published ways to get more permissions in AWS than one was given.

A method is a set of actions that somebody needs at once, and what they are done to. Compiled on
2026-11-21 from the lists in :data:`SOURCES`, which call the same methods by other names.
"""

from dataclasses import dataclass
from typing import Literal

Gain = Literal["role", "data", "control"]

SOURCES = {
    "rhino": "Rhino Security Labs, AWS IAM Privilege Escalation: Methods and Mitigation (2018, 2021)",
    "vulnerable": "Bishop Fox, IAM Vulnerable (2021)",
    "pathfinding": "Datadog Security Labs, pathfinding.cloud (2025)",
    "iam": "IAM User Guide, Permissions boundaries, and Granting permissions to pass a role",
    "kms": "KMS Developer Guide, Key policies, and Grants",
    "services": "Resource-based policies, in each service's own guide",
    "organizations": "AWS Organizations User Guide, Best practices for member accounts",
    "cloudformation": "CloudFormation User Guide, Service role: a stack keeps its role in every update",
}
"""Where methods are published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One way to get more permissions."""

    id: str
    """Name, with hyphens."""

    gain: Gain
    """What it gives: another role's permissions, data, or freedom from what bounds or watches."""

    source: str
    """Key of :data:`SOURCES`."""

    steps: tuple[tuple[str, str], ...]
    """Actions, each with the kind of resource that it is done to; all are needed."""

    passes: str | None = None
    """Service that a role has to be passed to besides."""

    @property
    def actions(self) -> tuple[str, ...]:
        """All actions, that of passing a role included."""
        passing = ("iam:PassRole",) if self.passes is not None else ()
        return (*passing, *(action for action, _ in self.steps))


def _methods(gain: Gain, source: str, rows: str) -> tuple[Method, ...]:
    """Read rows of ``id: action@kind action@kind > service that a role is passed to``."""
    found = []
    for row in rows.strip().splitlines():
        id, _, rest = row.strip().partition(": ")
        steps, _, service = rest.partition(" > ")
        found.append(
            Method(
                id=id,
                gain=gain,
                source=source,
                steps=tuple(
                    (step.partition("@")[0], step.partition("@")[2]) for step in steps.split()
                ),
                passes=f"{service}.amazonaws.com" if service else None,
            )
        )
    return tuple(found)


METHODS: tuple[Method, ...] = (
    *_methods("role", "rhino", """
        create-policy-version: iam:CreatePolicyVersion@policy
        set-default-policy-version: iam:SetDefaultPolicyVersion@policy
        attach-user-policy: iam:AttachUserPolicy@user
        attach-group-policy: iam:AttachGroupPolicy@group
        attach-role-policy: iam:AttachRolePolicy@role
        put-user-policy: iam:PutUserPolicy@user
        put-group-policy: iam:PutGroupPolicy@group
        put-role-policy: iam:PutRolePolicy@role
        add-user-to-group: iam:AddUserToGroup@group
        update-assume-role-policy: iam:UpdateAssumeRolePolicy@role
        create-access-key: iam:CreateAccessKey@user
        create-login-profile: iam:CreateLoginProfile@user
        update-login-profile: iam:UpdateLoginProfile@user
        pass-role-to-instance: ec2:RunInstances@instance > ec2
        pass-role-to-function: lambda:CreateFunction@function lambda:InvokeFunction@function > lambda
        pass-role-to-triggered-function: lambda:CreateFunction@function lambda:CreateEventSourceMapping@any > lambda
        pass-role-to-glue-endpoint: glue:CreateDevEndpoint@any > glue
        update-glue-endpoint: glue:UpdateDevEndpoint@any
        pass-role-to-stack: cloudformation:CreateStack@stack > cloudformation
        pass-role-to-data-pipeline: datapipeline:CreatePipeline@any datapipeline:PutPipelineDefinition@any datapipeline:ActivatePipeline@any > datapipeline
        pass-role-to-notebook: sagemaker:CreateNotebookInstance@notebook sagemaker:CreatePresignedNotebookInstanceUrl@notebook > sagemaker
        open-notebook: sagemaker:CreatePresignedNotebookInstanceUrl@notebook
        update-function-code: lambda:UpdateFunctionCode@function
        update-function-configuration: lambda:UpdateFunctionConfiguration@function
        pass-role-to-codestar: codestar:CreateProject@any > codestar
    """),
    *_methods("role", "vulnerable", """
        assume-role: sts:AssumeRole@role
        pass-role-to-build: codebuild:CreateProject@build codebuild:StartBuild@build > codebuild
        pass-role-to-glue-job: glue:CreateJob@any glue:StartJobRun@any > glue
        update-glue-job: glue:UpdateJob@any glue:StartJobRun@any > glue
        pass-role-to-training-job: sagemaker:CreateTrainingJob@training-job > sagemaker
        pass-role-to-processing-job: sagemaker:CreateProcessingJob@processing-job > sagemaker
        associate-instance-profile: ec2:AssociateIamInstanceProfile@instance > ec2
        run-command: ssm:SendCommand@instance
        start-session: ssm:StartSession@instance
        change-instance-user-data: ec2:ModifyInstanceAttribute@instance
        push-ssh-key: ec2-instance-connect:SendSSHPublicKey@instance
    """),
    *_methods("role", "pathfinding", """
        pass-role-to-tuning-job: sagemaker:CreateHyperParameterTuningJob@tuning-job > sagemaker
        pass-role-to-model: sagemaker:CreateModel@model sagemaker:CreateEndpoint@endpoint > sagemaker
        pass-role-to-transform-job: sagemaker:CreateModel@model sagemaker:CreateTransformJob@transform-job > sagemaker
        pass-role-to-monitoring-schedule: sagemaker:CreateMonitoringSchedule@monitoring-schedule > sagemaker
        pass-role-to-sagemaker-pipeline: sagemaker:CreatePipeline@any sagemaker:StartPipelineExecution@any > sagemaker
        pass-role-to-studio: sagemaker:CreateUserProfile@any sagemaker:CreatePresignedDomainUrl@any > sagemaker
        change-notebook-start-script: sagemaker:UpdateNotebookInstanceLifecycleConfig@any
        change-build: codebuild:UpdateProject@build codebuild:StartBuild@build
        override-build: codebuild:StartBuild@build
        override-build-batch: codebuild:StartBuildBatch@build
        pass-role-to-state-machine: states:CreateStateMachine@statemachine states:StartExecution@statemachine > states
        change-state-machine: states:UpdateStateMachine@statemachine
        pass-role-to-task: ecs:RegisterTaskDefinition@any ecs:RunTask@any > ecs-tasks
        pass-role-to-ecs-service: ecs:RegisterTaskDefinition@any ecs:CreateService@any > ecs-tasks
        run-command-in-task: ecs:ExecuteCommand@any
        pass-role-to-batch-job: batch:RegisterJobDefinition@job-definition batch:SubmitJob@job-queue > ecs-tasks
        pass-role-to-automation: ssm:StartAutomationExecution@any > ssm
        pass-role-to-code-interpreter: bedrock-agentcore:CreateCodeInterpreter@any bedrock-agentcore:StartCodeInterpreterSession@any bedrock-agentcore:InvokeCodeInterpreter@any > bedrock-agentcore
        use-code-interpreter: bedrock-agentcore:StartCodeInterpreterSession@any bedrock-agentcore:InvokeCodeInterpreter@any
        pass-role-to-agent: bedrock-agentcore:CreateAgentRuntime@any bedrock-agentcore:InvokeAgentRuntime@any > bedrock-agentcore
        pass-role-to-schedule: scheduler:CreateSchedule@schedule > scheduler
        pass-role-to-rule: events:PutRule@rule events:PutTargets@rule > events
        pass-role-to-app-runner: apprunner:CreateService@any > tasks.apprunner
        change-app-runner: apprunner:UpdateService@any
        open-cloud9: cloud9:CreateEnvironmentEC2@any
        pass-role-to-cluster: elasticmapreduce:RunJobFlow@any > elasticmapreduce
        pass-role-to-serverless-job: emr-serverless:StartJobRun@any > emr-serverless
        pass-role-to-airflow: airflow:CreateEnvironment@any > airflow
        pass-role-to-code-pipeline: codepipeline:CreatePipeline@any > codepipeline
        pass-role-to-launch-template: ec2:CreateLaunchTemplate@any autoscaling:CreateAutoScalingGroup@any > ec2
        pass-role-to-braket-job: braket:CreateJob@any > braket
        pass-role-to-existing-function: lambda:UpdateFunctionConfiguration@function lambda:InvokeFunction@function > lambda
        permit-function: lambda:CreateFunction@function lambda:AddPermission@function > lambda
        create-service-credential: iam:CreateServiceSpecificCredential@user
        trust-certificates: rolesanywhere:CreateTrustAnchor@any rolesanywhere:CreateProfile@any
        trust-identity-provider: iam:CreateOpenIDConnectProvider@oidc-provider
        widen-identity-provider: iam:AddClientIDToOpenIDConnectProvider@oidc-provider
        forge-identity-provider: iam:UpdateOpenIDConnectProviderThumbprint@oidc-provider
        replace-saml-provider: iam:UpdateSAMLProvider@saml-provider
        assign-permission-set: sso:CreateAccountAssignment@any
        widen-permission-set: sso:PutInlinePolicyToPermissionSet@any
        join-identity-group: identitystore:CreateGroupMembership@any
    """),
    *_methods("role", "cloudformation", """
        pass-role-to-change-set: cloudformation:CreateChangeSet@stack cloudformation:ExecuteChangeSet@stack > cloudformation
        pass-role-to-update: cloudformation:UpdateStack@stack > cloudformation
        pass-role-to-stack-set: cloudformation:CreateStackSet@any cloudformation:CreateStackInstances@any > cloudformation
        update-stack: cloudformation:UpdateStack@stack
        change-stack: cloudformation:CreateChangeSet@stack cloudformation:ExecuteChangeSet@stack
        update-stack-set: cloudformation:UpdateStackSet@any
    """),
    *_methods("control", "iam", """
        delete-role-boundary: iam:DeleteRolePermissionsBoundary@role
        replace-role-boundary: iam:PutRolePermissionsBoundary@role
        delete-user-boundary: iam:DeleteUserPermissionsBoundary@user
        replace-user-boundary: iam:PutUserPermissionsBoundary@user
        delete-denying-policy: iam:DeleteRolePolicy@role
        detach-denying-policy: iam:DetachRolePolicy@role
        delete-policy-version: iam:DeletePolicyVersion@policy
    """),
    *_methods("control", "organizations", """
        leave-organization: organizations:LeaveOrganization@any
        detach-control-policy: organizations:DetachPolicy@any
        change-control-policy: organizations:UpdatePolicy@any
        disable-control-policies: organizations:DisablePolicyType@any
        stop-trail: cloudtrail:StopLogging@trail
        delete-trail: cloudtrail:DeleteTrail@trail
        narrow-trail: cloudtrail:PutEventSelectors@trail
        allow-stack-replacement: cloudformation:SetStackPolicy@stack
    """),
    *_methods("data", "kms", """
        put-key-policy: kms:PutKeyPolicy@key
        claim-key-by-tag: kms:TagResource@key
        create-grant: kms:CreateGrant@key
    """),
    *_methods("data", "services", """
        put-bucket-policy: s3:PutBucketPolicy@bucket
        put-bucket-acl: s3:PutBucketAcl@bucket
        open-public-access: s3:PutBucketPublicAccessBlock@bucket
        replicate-bucket: s3:PutReplicationConfiguration@bucket
        share-access-point: s3:PutAccessPointPolicy@any
        set-repository-policy: ecr:SetRepositoryPolicy@repository
        put-registry-policy: ecr:PutRegistryPolicy@any
        put-model-group-policy: sagemaker:PutModelPackageGroupPolicy@model-package-group
        put-secret-policy: secretsmanager:PutResourcePolicy@any
        share-snapshot: ec2:ModifySnapshotAttribute@any
        open-bus: events:PutPermission@any
        open-topic: sns:SetTopicAttributes@topic
        open-queue: sqs:SetQueueAttributes@queue
        share-resource: ram:CreateResourceShare@any
    """),
)  # fmt: skip
"""Every method."""

FORMATS = {
    "any": "*",
    "bucket": "arn:{partition}:s3:::*",
    "build": "arn:{partition}:codebuild:{region}:{account}:project/*",
    "endpoint": "arn:{partition}:sagemaker:{region}:{account}:endpoint/*",
    "function": "arn:{partition}:lambda:{region}:{account}:function:*",
    "group": "arn:{partition}:iam::{account}:group/*",
    "instance": "arn:{partition}:ec2:{region}:{account}:instance/*",
    "job-definition": "arn:{partition}:batch:{region}:{account}:job-definition/*",
    "job-queue": "arn:{partition}:batch:{region}:{account}:job-queue/*",
    "key": "arn:{partition}:kms:{region}:{account}:key/*",
    "model": "arn:{partition}:sagemaker:{region}:{account}:model/*",
    "model-package-group": "arn:{partition}:sagemaker:{region}:{account}:model-package-group/*",
    "monitoring-schedule": "arn:{partition}:sagemaker:{region}:{account}:monitoring-schedule/*",
    "notebook": "arn:{partition}:sagemaker:{region}:{account}:notebook-instance/*",
    "oidc-provider": "arn:{partition}:iam::{account}:oidc-provider/*",
    "policy": "arn:{partition}:iam::{account}:policy/*",
    "processing-job": "arn:{partition}:sagemaker:{region}:{account}:processing-job/*",
    "queue": "arn:{partition}:sqs:{region}:{account}:*",
    "repository": "arn:{partition}:ecr:{region}:{account}:repository/*",
    "role": "arn:{partition}:iam::{account}:role/*",
    "rule": "arn:{partition}:events:{region}:{account}:rule/*",
    "saml-provider": "arn:{partition}:iam::{account}:saml-provider/*",
    "schedule": "arn:{partition}:scheduler:{region}:{account}:schedule/*",
    "stack": "arn:{partition}:cloudformation:{region}:{account}:stack/*",
    "statemachine": "arn:{partition}:states:{region}:{account}:stateMachine:*",
    "topic": "arn:{partition}:sns:{region}:{account}:*",
    "trail": "arn:{partition}:cloudtrail:{region}:{account}:trail/*",
    "training-job": "arn:{partition}:sagemaker:{region}:{account}:training-job/*",
    "transform-job": "arn:{partition}:sagemaker:{region}:{account}:transform-job/*",
    "tuning-job": "arn:{partition}:sagemaker:{region}:{account}:hyper-parameter-tuning-job/*",
    "user": "arn:{partition}:iam::{account}:user/*",
}
"""ARNs of each kind of resource, as patterns (Service Authorization Reference, 2026-11-21)."""
