"""What CloudFormation needs for one endpoint, and nothing of any other."""

from collections.abc import Mapping

from groundplan.blueprints.plan.deployment_policies.model_monitor import schedule_duties
from groundplan.blueprints.plan.deployment_policies.scope import (
    DeploymentScope,
    HandlerDuty,
    also,
    row,
)
from groundplan.blueprints.plan.encryption_key import for_aws_resource
from groundplan.blueprints.plan.exceptions import JOBS, KEY_BY_ALIAS, NO_NARROWER
from groundplan.blueprints.plan.inference_component import DIMENSION
from groundplan.blueprints.plan.names import name
from groundplan.blueprints.plan.ref import Json
from groundplan.blueprints.plan.role import iam_path, role_arn

ENDPOINT_TAG = "groundplan:endpoint"
"""Tag of a serving stack, and so of all that it makes, with the endpoint's name.

CloudFormation names models and endpoint configs after their logical id, not after their stack, so
only a tag tells one endpoint's from another's.
"""
BY_ENDPOINT_TAG = "CloudFormation makes up these names; the endpoint's tag limits this to its own"
"""Why a statement on models and endpoint configs holds a wildcard."""
SCALING_PATH = "aws-service-role/sagemaker.application-autoscaling.amazonaws.com"
SCALING_ROLE = "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"


def serving_duties(scope: DeploymentScope, environment: str, model: str) -> tuple[HandlerDuty, ...]:
    """Return what CloudFormation needs for the stack of one endpoint."""
    place, endpoint = scope.place, name("endpoint", scope.project, environment, model)
    to_zero = (environment, model) in scope.components
    owned: dict[str, Mapping[str, Json]] = {
        "StringEquals": {f"aws:ResourceTag/{ENDPOINT_TAG}": endpoint}
    }
    tagged: dict[str, Mapping[str, Json]] = {
        "StringEquals": {f"aws:RequestTag/{ENDPOINT_TAG}": endpoint}
    }
    models = place.arn("sagemaker", "model/*")
    configs = place.arn("sagemaker", "endpoint-config/*")
    this = place.arn("sagemaker", f"endpoint/{endpoint}")
    return (
        row(
            "SageMaker::Model SageMaker::EndpointConfig", "CreateModels",
            "sagemaker: CreateEndpointConfig CreateModel", (configs, models),
            "a release makes a model and an endpoint config",
            condition=tagged, wildcard=BY_ENDPOINT_TAG,
        ),
        row(
            "SageMaker::Model SageMaker::EndpointConfig SageMaker::Endpoint", "TagNewModels",
            "sagemaker: AddTags", (this, configs, models),
            "what a release makes is tagged as it is created",
            condition=also(
                tagged,
                {
                    "StringEquals": {
                        "sagemaker:TaggingAction": [
                            "CreateEndpoint", "CreateEndpointConfig", "CreateModel",
                        ]
                    }
                },
            ),
            wildcard=BY_ENDPOINT_TAG,
        ),
        row(
            "SageMaker::Model SageMaker::EndpointConfig", "ManageModels",
            "sagemaker: AddTags DeleteEndpointConfig DeleteModel DeleteTags DescribeEndpointConfig"
            " DescribeModel ListTags",
            (configs, models),
            "a release removes the model and config that it replaced",
            condition=owned, wildcard=BY_ENDPOINT_TAG,
        ),
        row(
            "SageMaker::Endpoint", "ManageEndpoint",
            "sagemaker: AddTags CreateEndpoint DeleteEndpoint DeleteTags DescribeEndpoint ListTags"
            " UpdateEndpoint",
            (this,),
            "the stack holds the endpoint",
        ),
        row(
            "SageMaker::Endpoint", "UseOwnConfigs", "sagemaker: CreateEndpoint UpdateEndpoint",
            (configs,), "the endpoint serves a config of its own stack",
            condition=owned, wildcard=BY_ENDPOINT_TAG,
        ),
        _read_version(scope, model),
        row(
            "SageMaker::Model SageMaker::EndpointConfig" if to_zero else "SageMaker::Model",
            "PassModelRole", "iam: PassRole",
            (
                role_arn(
                    place,
                    iam_path(scope.project),
                    name("role", scope.project, environment, model, "serving"),
                ),
            ),
            "the model's containers run with a role of their own",
            condition={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        ),
        *_encryption(scope, environment),
        *(_component(scope, endpoint) if to_zero else ()),
        *_scaling(scope, endpoint, owned, tagged, to_zero=to_zero),
        *_alarms(scope, endpoint),
        *schedule_duties(scope, environment, model),
    )  # fmt: skip


def _read_version(scope: DeploymentScope, model: str) -> HandlerDuty:
    place, group = scope.place, name("model-package-group", scope.project, model)
    account = scope.registry_account or (place.account if scope.has_tooling else "*")
    return row(
        "SageMaker::Model", "ReadVersion", "sagemaker: CreateModel DescribeModelPackage",
        (f"arn:{place.partition}:sagemaker:{place.region}:{account}:model-package/{group}/*",),
        "a model is made from a registered version; the registry's own policy names this role",
        wildcard=JOBS,
    )  # fmt: skip


def _encryption(scope: DeploymentScope, environment: str) -> list[HandlerDuty]:
    keys = (scope.place.arn("kms", "key/*"),)
    alias = f"alias/{name('key-alias', scope.project, environment)}"
    key: dict[str, Mapping[str, Json]] = {
        "ForAnyValue:StringEquals": {"kms:ResourceAliases": alias}
    }
    return [
        row(
            "SageMaker::EndpointConfig", "DescribeKey", "kms: DescribeKey", keys,
            "the key of the volumes is looked up", condition=key, wildcard=KEY_BY_ALIAS,
        ),
        row(
            "SageMaker::EndpointConfig", "EncryptVolumes", "kms: CreateGrant", keys,
            "SageMaker encrypts the volumes of the instances by a grant",
            condition=also(key, for_aws_resource()), wildcard=KEY_BY_ALIAS,
        ),
    ]  # fmt: skip


def _component(scope: DeploymentScope, endpoint: str) -> list[HandlerDuty]:
    """What the handler of an inference component calls; it needs no list of components."""
    place = scope.place
    component = place.arn("sagemaker", f"inference-component/{endpoint}")
    return [
        row(
            "SageMaker::InferenceComponent", "ManageComponent",
            "sagemaker: AddTags DeleteInferenceComponent DeleteTags DescribeInferenceComponent"
            " ListTags UpdateInferenceComponent UpdateInferenceComponentRuntimeConfig",
            (component,), "the stack holds the component, whose copies serve the model",
        ),
        row(
            "SageMaker::InferenceComponent", "CreateComponent",
            "sagemaker: CreateInferenceComponent",
            (component, place.arn("sagemaker", f"endpoint/{endpoint}")),
            "the component is made on the endpoint",
        ),
    ]  # fmt: skip


def _scaling(
    scope: DeploymentScope,
    endpoint: str,
    owned: Mapping[str, Mapping[str, Json]],
    tagged: Mapping[str, Mapping[str, Json]],
    *,
    to_zero: bool,
) -> list[HandlerDuty]:
    place = scope.place
    dimension = DIMENSION if to_zero else "sagemaker:variant:DesiredInstanceCount"
    scaled = f"inference-component/{endpoint}-Alarm" if to_zero else f"endpoint/{endpoint}/variant/"
    targets = (place.arn("application-autoscaling", "scalable-target/*"),)
    variants = {
        "StringEquals": {
            "application-autoscaling:service-namespace": "sagemaker",
            "application-autoscaling:scalable-dimension": dimension,
        }
    }
    types = "ApplicationAutoScaling::ScalableTarget ApplicationAutoScaling::ScalingPolicy"
    return [
        row(
            types, "RegisterScaling", "application-autoscaling: RegisterScalableTarget", targets,
            "the variant is registered for scaling with the endpoint's tag",
            condition=also(tagged, variants), wildcard=BY_ENDPOINT_TAG,
        ),
        row(
            types, "ManageScaling",
            "application-autoscaling: DeleteScalingPolicy DeleteScheduledAction"
            " DeregisterScalableTarget PutScalingPolicy PutScheduledAction RegisterScalableTarget",
            targets,
            "the stack sets the bounds, the target and their times; deleting the endpoint ends its scaling",
            condition=also(owned, variants), wildcard=BY_ENDPOINT_TAG,
        ),
        row(
            types, "TagNewScaling", "application-autoscaling: TagResource", targets,
            "the target is tagged as it is registered",
            condition=tagged, wildcard=BY_ENDPOINT_TAG,
        ),
        row(
            types, "TagScaling",
            "application-autoscaling: ListTagsForResource TagResource UntagResource", targets,
            "tags follow those of the stack",
            condition=owned, wildcard=BY_ENDPOINT_TAG,
        ),
        row(
            types, "ReadScaling",
            "application-autoscaling: DescribeScalableTargets DescribeScalingPolicies"
            " DescribeScheduledActions",
            ("*",), "handlers find what they made by listing", wildcard=NO_NARROWER,
        ),
        row(
            types, "MakeScalingRole", "iam: CreateServiceLinkedRole",
            (place.iam_arn(f"role/{SCALING_PATH}/{SCALING_ROLE}"),),
            "the first scaling in an account makes the role that Application Auto Scaling uses",
            condition={
                "StringEquals": {
                    "iam:AWSServiceName": "sagemaker.application-autoscaling.amazonaws.com"
                }
            },
        ),
        row(
            types, "ManageScalingAlarms",
            "cloudwatch: DeleteAlarms DescribeAlarms PutMetricAlarm",
            (place.arn("cloudwatch", f"alarm:TargetTracking-{scaled}*"),),
            "target tracking keeps alarms of its own",
        ),
    ]  # fmt: skip


def _alarms(scope: DeploymentScope, endpoint: str) -> list[HandlerDuty]:
    return [
        row(
            "CloudWatch::Alarm SageMaker::Endpoint", "ManageAlarms",
            "cloudwatch: DeleteAlarms DescribeAlarms ListTagsForResource PutMetricAlarm TagResource"
            " UntagResource",
            (scope.place.arn("cloudwatch", f"alarm:{endpoint}-*"),),
            "alarms roll a release back, and an update looks at them",
        ),
    ]  # fmt: skip
