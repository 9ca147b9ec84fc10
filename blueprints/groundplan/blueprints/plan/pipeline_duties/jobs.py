"""Duties of the steps that run SageMaker's training, tuning and processing jobs."""

from groundplan.blueprints.plan.exceptions import JOBS
from groundplan.blueprints.plan.pipeline_duties.data import read_object
from groundplan.blueprints.plan.pipeline_duties.facts import PipelineFacts
from groundplan.blueprints.plan.role import Duty
from groundplan.pipelines.step_functions.tuning_request import name_prefix
from groundplan.pipelines.steps import ProcessingJob, TrainingJob, TuningJob

PROCESSING_RULE = "StepFunctionsGetEventsForSageMakerProcessingJobsRule"
"""Rule by which Step Functions is told of the end of a processing job."""


def training(step: TrainingJob, facts: PipelineFacts) -> tuple[Duty, ...]:
    """Return the duties to start, watch and stop training jobs."""
    jobs = facts.sagemaker("training-job", f"{step.job.job_prefix}-*")
    return (
        Duty(
            id="RunTrainingJobs",
            actions=(
                "sagemaker:CreateTrainingJob",
                "sagemaker:DescribeTrainingJob",
                "sagemaker:StopTrainingJob",
            ),
            resources=(jobs,),
            reason="the ladder starts, watches and stops training jobs",
            wildcard=JOBS,
        ),
        tag_jobs("Training", jobs),
        pass_role(step.job.role_arn),
    )


def tuning(step: TuningJob, facts: PipelineFacts) -> tuple[Duty, ...]:
    """Return the duties to start, watch and stop tuning jobs, and to read their best job."""
    names = f"{name_prefix(step.job.job_prefix)}-*"
    jobs, trials = (
        facts.sagemaker(kind, names) for kind in ("hyper-parameter-tuning-job", "training-job")
    )
    return (
        Duty(
            id="RunTuningJobs",
            actions=(
                "sagemaker:CreateHyperParameterTuningJob",
                "sagemaker:DescribeHyperParameterTuningJob",
                "sagemaker:ListTrainingJobsForHyperParameterTuningJob",
                "sagemaker:StopHyperParameterTuningJob",
            ),
            resources=(jobs,),
            reason="the ladder starts, watches and stops tuning jobs",
            wildcard=JOBS,
        ),
        Duty(
            id="ReadTrials",
            actions=("sagemaker:DescribeTrainingJob",),
            resources=(trials,),
            reason="the best of a tuning job's training jobs holds the model",
            wildcard=JOBS,
        ),
        tag_jobs("HyperParameterTuning", jobs),
        pass_role(step.job.role_arn),
    )


def processing(step: ProcessingJob, facts: PipelineFacts) -> tuple[Duty, ...]:
    """Return the duties to run a processing job to its end, and to read what it reports."""
    jobs = facts.sagemaker("processing-job", f"{step.job.job_prefix}-*")
    reports: tuple[Duty, ...] = ()
    if step.report is not None:
        path = f"{facts.spec_path}: steps[{step.id}].job.output_uri"
        reports = read_object(
            "ReadReports",
            step.job.output_uri,
            facts,
            path,
            "the reports of jobs decide what follows",
        )
    return (
        Duty(
            id="RunProcessingJobs",
            actions=(
                "sagemaker:CreateProcessingJob",
                "sagemaker:DescribeProcessingJob",
                "sagemaker:StopProcessingJob",
            ),
            resources=(jobs,),
            reason="checks and evaluations are processing jobs",
            wildcard=JOBS,
        ),
        tag_jobs("Processing", jobs),
        pass_role(step.job.role_arn),
        wait_for_jobs(facts, "Processing", PROCESSING_RULE),
        *reports,
    )


def tag_jobs(kind: str, jobs: str) -> Duty:
    """Return the duty to tag the jobs of a kind, such as ``Training``, as they are created."""
    return Duty(
        id=f"Tag{kind}Jobs",
        actions=("sagemaker:AddTags",),
        resources=(jobs,),
        reason="every job carries the project's tags",
        condition={"StringEquals": {"sagemaker:TaggingAction": f"Create{kind}Job"}},
        wildcard=JOBS,
    )


def pass_role(role_arn: str, service: str = "sagemaker") -> Duty:
    """Return the duty to give a job its role."""
    label = "" if service == "sagemaker" else f"To{service.capitalize()}"
    return Duty(
        id=f"PassJobRoles{label}",
        actions=("iam:PassRole",),
        resources=(role_arn,),
        reason="jobs run with roles of their own",
        condition={"StringEquals": {"iam:PassedToService": f"{service}.amazonaws.com"}},
    )


def wait_for_jobs(facts: PipelineFacts, kind: str, rule: str) -> Duty:
    """Return the duty to be told of a job's end, which Step Functions has a rule of its own for."""
    return Duty(
        id=f"WaitFor{kind}Jobs",
        actions=("events:DescribeRule", "events:PutRule", "events:PutTargets"),
        resources=(facts.place.arn("events", f"rule/{rule}"),),
        reason="Step Functions learns of a job's end by a rule of its own",
    )
