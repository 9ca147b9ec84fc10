"""Regions in which CloudFormation has the types of SageMaker's MLflow."""

APP_REGIONS = frozenset({
    "ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
    "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3",
    "eusc-de-east-1", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
})  # fmt: skip
"""Regions of ``AWS::SageMaker::MlflowApp``: its schema is among the region's resource schemas (as cfn-lint
brings them along, 2026-11-21); isolated regions of governments are left out."""
SERVER_REGIONS = APP_REGIONS | {
    "af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-3", "ap-south-2", "ap-southeast-3",
    "ap-southeast-4", "ap-southeast-5", "ap-southeast-7", "ca-west-1", "eu-central-2", "eu-south-1",
    "eu-south-2", "il-central-1", "me-central-1", "mx-central-1",
}  # fmt: skip
"""Regions of ``AWS::SageMaker::MlflowTrackingServer``, from the same source."""
