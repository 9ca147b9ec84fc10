"""Duties of the steps of batch scoring."""

from groundplan.blueprints.plan.context import SCOPE_TAG
from groundplan.blueprints.plan.duties import list_bucket
from groundplan.blueprints.plan.exceptions import JOBS, NO_NARROWER, OBJECTS
from groundplan.blueprints.plan.pipeline_duties.data import read_registered
from groundplan.blueprints.plan.pipeline_duties.facts import PipelineFacts, versions
from groundplan.blueprints.plan.pipeline_duties.jobs import pass_role, tag_jobs, wait_for_jobs
from groundplan.blueprints.plan.pipeline_duties.locations import location
from groundplan.blueprints.plan.policy import Condition
from groundplan.blueprints.plan.role import Duty
from groundplan.pipelines.steps import BatchScoring, BatchTransform, ScoringTarget, WriteManifest

TRANSFORM_RULE = "StepFunctionsGetEventsForSageMakerTransformJobsRule"
"""Rule by which Step Functions is told of the end of a transform job."""
BATCH_RULE = "StepFunctionsGetEventsForBatchJobsRule"
"""Rule by which Step Functions is told of the end of a job of AWS Batch."""


def scoring_target(step: ScoringTarget, facts: PipelineFacts) -> tuple[Duty, ...]:
    """Return the duty to read the version that scores."""
    return (read_registered(facts.registries),)


def write_manifest(step: WriteManifest, facts: PipelineFacts) -> tuple[Duty, ...]:
    """Return the duties to count predictions and to write the manifest beside them."""
    path = f"{facts.spec_path}: steps[{step.id}].output_uri"
    bucket, prefix = location(step.output_uri, path=path)
    return (
        list_bucket(
            "CountPredictions",
            facts.place,
            bucket,
            f"{prefix}dt=",
            reason="a run has failed where predictions are missing",
        ),
        Duty(
            id="WriteManifests",
            actions=("s3:PutObject",),
            resources=(facts.place.bucket_arn(bucket, f"{prefix}dt=*/manifest.json"),),
            reason="predictions lie beside what says how they were made",
            wildcard=OBJECTS,
        ),
        *facts.encrypt(facts.bucket(bucket), "s3"),
    )


def batch_transform(step: BatchTransform, facts: PipelineFacts) -> tuple[Duty, ...]:
    """Return the duties to make a model of a version, run the job, and delete the model."""
    models = facts.sagemaker("model", f"{step.job_prefix}-*")
    jobs = facts.sagemaker("transform-job", f"{step.job_prefix}-*")
    registered = tuple(arn for group in facts.registries for arn in versions(group)[1:])
    return (
        Duty(
            id="MakeModels",
            actions=("sagemaker:CreateModel", "sagemaker:DeleteModel", "sagemaker:DescribeModel"),
            resources=(models,),
            reason="a version is a model for the time of the job",
            wildcard=JOBS,
        ),
        Duty(
            id="UseVersions",
            actions=("sagemaker:CreateModel",),
            resources=registered,
            reason="the model is made from a registered version",
            wildcard=JOBS,
        ),
        Duty(
            id="TagModels",
            actions=("sagemaker:AddTags",),
            resources=(models,),
            reason="every model carries the project's tags",
            condition={"StringEquals": {"sagemaker:TaggingAction": "CreateModel"}},
            wildcard=JOBS,
        ),
        Duty(
            id="RunTransformJobs",
            actions=(
                "sagemaker:CreateTransformJob",
                "sagemaker:DescribeTransformJob",
                "sagemaker:StopTransformJob",
            ),
            resources=(jobs,),
            reason="datasets are scored by transform jobs",
            wildcard=JOBS,
        ),
        tag_jobs("Transform", jobs),
        pass_role(step.execution_role_arn),
        wait_for_jobs(facts, "Transform", TRANSFORM_RULE),
    )


def batch_scoring(step: BatchScoring, facts: PipelineFacts) -> tuple[Duty, ...]:
    """Return the duties to register a definition, run a job of it, and deregister it.

    AWS Batch makes up the ids of jobs, so that only their tag tells whose they are.
    """
    definitions = facts.place.arn("batch", f"job-definition/{step.job_prefix}-*")
    jobs = facts.place.arn("batch", "job/*")
    scope = dict(step.tags).get(SCOPE_TAG)
    ours: Condition = {"StringEquals": {f"aws:ResourceTag/{SCOPE_TAG}": scope}} if scope else {}
    tagged: Condition = {"StringEquals": {f"aws:RequestTag/{SCOPE_TAG}": scope}} if scope else {}
    return (
        Duty(
            id="DefineBatchJobs",
            actions=("batch:DeregisterJobDefinition", "batch:RegisterJobDefinition"),
            resources=(definitions,),
            reason="a job's definition names its image by digest, so each run has its own",
            wildcard=JOBS,
        ),
        Duty(
            id="SubmitBatchJobs",
            actions=("batch:SubmitJob",),
            resources=(definitions, step.job_queue_arn),
            reason="datasets are scored on spare capacity",
            wildcard=JOBS,
        ),
        Duty(
            id="TagBatchJobs",
            actions=("batch:TagResource",),
            resources=(jobs, definitions),
            reason="every job carries the project's tags",
            condition=tagged,
            wildcard=JOBS,
        ),
        Duty(
            id="StopBatchJobs",
            actions=("batch:TerminateJob",),
            resources=(jobs,),
            reason="a job that takes too long is stopped",
            condition=ours,
            wildcard=JOBS,
        ),
        Duty(
            id="SeeBatchJobs",
            actions=("batch:DescribeJobs",),
            resources=("*",),
            reason="Step Functions looks up how a job ended",
            wildcard=NO_NARROWER,
        ),
        Duty(
            id="PassTaskRoles",
            actions=("iam:PassRole",),
            resources=(step.execution_role_arn, step.job_role_arn),
            reason="jobs run with roles of their own",
            condition={"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
        ),
        wait_for_jobs(facts, "Batch", BATCH_RULE),
    )
