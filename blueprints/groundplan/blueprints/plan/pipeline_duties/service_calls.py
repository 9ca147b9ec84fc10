"""Duties of a call of any API: one action, on what the call's arguments name."""

from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.plan.exceptions import JOBS
from groundplan.blueprints.plan.pipeline_duties.facts import PipelineFacts
from groundplan.blueprints.plan.pipeline_duties.jobs import pass_role
from groundplan.blueprints.plan.pipeline_duties.locations import known_part
from groundplan.blueprints.plan.role import Duty
from groundplan.pipelines.step_functions import iam_action
from groundplan.pipelines.steps import ServiceCall
from groundplan.pipelines.values import Join

NAMED = {
    ("codebuild", "ProjectName"): "project/{}",
    ("dynamodb", "TableName"): "table/{}",
    ("lambda", "FunctionName"): "function:{}",
    ("sagemaker", "EndpointConfigName"): "endpoint-config/{}",
    ("sagemaker", "EndpointName"): "endpoint/{}",
    ("sagemaker", "ModelName"): "model/{}",
    ("sagemaker", "ProcessingJobName"): "processing-job/{}",
    ("sagemaker", "TrainingJobName"): "training-job/{}",
    ("sqs", "QueueUrl"): "{}",
    ("ssm", "Name"): "parameter/{}",
}
"""Resource by IAM's name of a service and the argument that names one."""
READS = ("s3:GetObject", "dynamodb:GetItem", "dynamodb:Query")
"""Calls that only read what is encrypted."""


def service_call(step: ServiceCall, facts: PipelineFacts) -> tuple[Duty, ...]:
    """Return the duty to make one call.

    Raises:
        PlanError: If the call does not name what it is about before the pipeline runs.
    """
    action = iam_action(step.service, step.action)
    service = action.partition(":")[0]
    resources = _resources(step, service, facts)
    label = step.id.replace("_", " ").title().replace(" ", "")
    wild = any("*" in resource for resource in resources)
    whole = [resource.partition("/")[0] if service == "s3" else resource for resource in resources]
    role = dict(step.arguments).get("RoleArn")
    return (
        Duty(
            id=f"Call{label}",
            actions=(action,),
            resources=resources,
            reason=f"step {step.id} calls {step.service}:{step.action}",
            wildcard=JOBS if wild else None,
        ),
        *((pass_role(role, service),) if isinstance(role, str) else ()),
        *(
            duty
            for resource in whole
            for duty in (facts.decrypt if action in READS else facts.encrypt)(resource, service)
        ),
    )


def _resources(step: ServiceCall, service: str, facts: PipelineFacts) -> tuple[str, ...]:
    arguments = dict(step.arguments)
    if service == "s3" and "Bucket" in arguments:
        bucket = known_part(arguments["Bucket"])
        if bucket and not isinstance(arguments["Bucket"], Join):
            whole = "Key" not in arguments
            key = "" if whole else _pattern(arguments["Key"]) or "*"
            return (facts.place.bucket_arn(bucket, key),)
    for name, value in arguments.items():
        template = NAMED.get((service, name))
        found = _pattern(value).removeprefix("/")
        if template is not None and found:
            return (
                (facts.place.arn(service, template.format(found.rpartition("/")[2])),)
                if (name == "QueueUrl")
                else (facts.place.arn(service, template.format(found)),)
            )
    arns = sorted(
        {
            _pattern(value)
            for name, value in arguments.items()
            if known_part(value).startswith("arn:") and name != "RoleArn"
        }
    )
    if not arns:
        raise PlanError(
            f"{facts.spec_path}: steps[{step.id}].arguments",
            "the call names nothing that its role could be limited to",
            got=f"{step.service}:{step.action}",
            fix="pass an ARN or a name as a literal, or use a step of another kind",
        )
    return tuple(arns)


def _pattern(value: object) -> str:
    """Return a literal, or what it begins with and a wildcard; empty where nothing is known."""
    known = known_part(value)
    return known if isinstance(value, str) or not known else f"{known}*"
