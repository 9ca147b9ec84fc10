"""What the roles of jobs, models and builds need, as AWS's documentation lists it."""

PULL = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:GetDownloadUrlForLayer",
)
"""Pulling an image, besides ``ecr:GetAuthorizationToken`` (SageMaker execution roles, 2026-11-21)."""

PUSH = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:CompleteLayerUpload",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
)
"""Pushing an image (ECR User Guide, IAM permissions for pushing an image, 2026-11-21)."""

LOG = ("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents")
"""Logging to a group that exists; ``logs:CreateLogGroup`` is listed for one that does not
(SageMaker execution roles; VPC User Guide, flow logs to CloudWatch Logs, 2026-11-21)."""

TASK_LOG = ("logs:CreateLogStream", "logs:PutLogEvents")
"""Logging of the ``awslogs`` driver and of CodeBuild (ECS Developer Guide, task execution role;
CodeBuild User Guide, service role, 2026-11-21)."""

READ_OBJECT = ("s3:GetObject",)
WRITE_OBJECT = ("s3:AbortMultipartUpload", "s3:PutObject")
"""Writing objects; SageMaker's list has ``PutObject``, and a failed upload in parts is aborted (S3
User Guide, multipart upload and permissions, 2026-11-21)."""

READ_KEY = ("kms:Decrypt",)
WRITE_KEY = ("kms:Decrypt", "kms:GenerateDataKey")
"""Writing under a KMS key; S3 decrypts a bucket key, and parts of an upload, again (S3 User Guide,
2026-11-21)."""

RECORD_RUNS = {
    "mlflow-app": ("sagemaker:CallMlflowAppApi",),
    "mlflow-tracking-server": tuple(
        f"sagemaker-mlflow:{item}"
        for item in (
            "CreateExperiment",
            "CreateRun",
            "GetExperimentByName",
            "GetRun",
            "LogBatch",
            "SearchRuns",
            "UpdateRun",
        )
    ),
}
"""Recording a run, by the kind of its server: an app has one action for all (SageMaker Developer Guide,
IAM permissions for MLflow, 2026-11-21); the calls are those of MLflow's client, read from a server's log."""

INTERFACES = ("ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface")
"""In a VPC, on network interfaces (SageMaker execution roles, 2026-11-21)."""
SHARED_INTERFACES = (
    "ec2:CreateNetworkInterfacePermission",
    "ec2:DeleteNetworkInterfacePermission",
)
"""In a VPC, on network interfaces, for SageMaker's own account."""
SEEN = (
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
)
"""In a VPC; all accept ``*`` only."""

GROUPS = {
    "training": "/aws/sagemaker/TrainingJobs",
    "processing": "/aws/sagemaker/ProcessingJobs",
    "transform": "/aws/sagemaker/TransformJobs",
}
"""Log group, and namespace of metrics, of each kind of job."""
ENDPOINTS = "/aws/sagemaker/Endpoints"
COMPONENTS = "/aws/sagemaker/InferenceComponents"
"""What the log groups of endpoints and of inference components begin with."""
ENDPOINT_NAMESPACES = (ENDPOINTS, "AWS/SageMaker")
"""Namespaces of an endpoint's metrics."""

LOGS_KEY = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)
"""What CloudWatch Logs does with the key of a group (CloudWatch Logs User Guide, 2026-11-21)."""

ADMINISTER_KEY = (
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
)
"""What an account's administrators do with a key, none of it cryptographic (KMS Developer Guide, key
administrators, 2026-11-21)."""

TABLE_KEY = ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey")
"""What DynamoDB does with a table's key in the name of who makes the table (DynamoDB Developer Guide,
encryption at rest, 2026-11-21)."""
