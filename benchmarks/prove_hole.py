"""A planted hole, and the names in examples/churn that holes are planted in."""

from dataclasses import dataclass

from benchmarks.prove_plant import Plant

TOOLING, STAGING, PROD = "111111111111", "222222222222", "333333333333"
REGION = "eu-west-1"
TRAINING = "churn-prod-churn-training"
PROCESSING = "churn-prod-churn-processing"
SERVING = "churn-prod-churn-serving"
MONITORING = "churn-prod-churn-monitoring"
PIPELINE = "churn-prod-churn-pipeline"
RELEASE = "churn-prod-release"
STAGING_SERVING = "churn-staging-churn-serving"
STAGING_RELEASE = "churn-staging-release"
BUILD = "churn-tooling-churn-build"
DEPLOYER = f"{PROD}:role/groundplan-stage-0/churn/churn-deployer"
CREATOR = f"{PROD}:role/cdk-gp88b2072e-cfn-exec-role-{PROD}-{REGION}"
DEPLOYING = f"{PROD}:role/cdk-gp88b2072e-deploy-role-{PROD}-{REGION}"
DATA = "arn:aws:s3:::churn-data-customers-333333333333"
DATA_KEY = f"{PROD}:key/churn-data-customers"
WORK_KEY = f"{PROD}:key/churn-prod"
ARTIFACTS = "arn:aws:s3:::churn-tooling-artifacts-111111111111"
WORK = "arn:aws:s3:::churn-prod-work-333333333333"
GROUP = ":model-package-group/churn-churn"
ENDPOINT = f"arn:aws:sagemaker:{REGION}:{PROD}:endpoint/churn-prod-churn"
MACHINE = f"arn:aws:states:{REGION}:{PROD}:stateMachine:churn-prod-churn-training"
ANY_ROLE = "arn:aws:iam::*:role/*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """A hole, and what has to be said about it."""

    claim: str
    """Id of the claim that has to name it."""

    mistake: str
    """What the careless engineer did."""

    plant: Plant
    """Makes the hole."""

    words: tuple[str, ...]
    """What the message must hold."""
