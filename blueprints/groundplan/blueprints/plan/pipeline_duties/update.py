"""Duties of the step that updates an endpoint itself, without a stack."""

import json
from typing import Any

from groundplan.blueprints.plan.deployment_policies.scope import also
from groundplan.blueprints.plan.deployment_policies.serving import ENDPOINT_TAG
from groundplan.blueprints.plan.encryption_key import for_aws_resource, key_duty
from groundplan.blueprints.plan.exceptions import BY_CONDITION, JOBS
from groundplan.blueprints.plan.pipeline_duties.facts import PipelineFacts, versions
from groundplan.blueprints.plan.pipeline_duties.locations import known_part
from groundplan.blueprints.plan.pipeline_duties.release import owned, see_endpoint
from groundplan.blueprints.plan.policy import Condition
from groundplan.blueprints.plan.role import Duty
from groundplan.pipelines.steps import UpdateEndpoint


def update_endpoint(step: UpdateEndpoint, facts: PipelineFacts) -> tuple[Duty, ...]:
    """Return the duties to make a model and a config, and to give them to the endpoint.

    They are those of the role by which CloudFormation deploys an endpoint, less what makes and removes
    the endpoint itself.
    """
    settings: dict[str, Any] = json.loads(known_part(step.settings))
    endpoint = known_part(step.endpoint_name)
    return (
        *see_endpoint(step.endpoint_name, "", facts),
        Duty(
            id="UpdateEndpoints",
            actions=("sagemaker:UpdateEndpoint",),
            resources=(
                facts.sagemaker("endpoint", endpoint),
                facts.sagemaker("endpoint-config", "*"),
            ),
            reason="a release gives the endpoint another config of its own",
            condition=owned(step.endpoint_name),
            wildcard=BY_CONDITION,
        ),
        *_alarms(step, settings, facts),
        *(() if step.config_name != "" else _make(step, settings, endpoint, facts)),
    )


def _alarms(
    step: UpdateEndpoint, settings: dict[str, Any], facts: PipelineFacts
) -> tuple[Duty, ...]:
    def arns(kind: str) -> tuple[str, ...]:
        return tuple(
            facts.place.arn("cloudwatch", f"alarm:{alarm['AlarmName']}") for alarm in settings[kind]
        )

    every = arns("alarms") + arns("shadow_alarms")
    duties = (
        Duty(
            id="TurnAlarms",
            actions=("cloudwatch:PutMetricAlarm",),
            resources=every,
            reason="the alarms that roll a release back watch the config that it makes",
        ),
        Duty(
            id="WatchAlarms",
            actions=("cloudwatch:DescribeAlarms",),
            resources=every,
            reason="an update looks at the alarms that roll it back",
        ),
        Duty(
            id="EndShadowAlarms",
            actions=("cloudwatch:DeleteAlarms",),
            resources=arns("shadow_alarms") if step.shadows else (),
            reason="the alarms of a shadow end with it",
        ),
    )
    return tuple(duty for duty in duties if duty.resources)


def _make(
    step: UpdateEndpoint, settings: dict[str, Any], endpoint: str, facts: PipelineFacts
) -> tuple[Duty, ...]:
    named = f"{settings['prefix']}-*-{step.id.replace('_', '-')}-"
    kinds = ("m",) if step.shadow_version == "none" else ("m", "s")
    made = {
        "EndpointConfig": (facts.sagemaker("endpoint-config", f"{named}c*"),),
        "Model": tuple(facts.sagemaker("model", f"{named}{kind}*") for kind in kinds),
    }
    tagged: Condition = {"StringEquals": {f"aws:RequestTag/{ENDPOINT_TAG}": endpoint}}
    group = known_part(step.model_package_group_arn)
    registered = (versions(group)[1],) if group else tuple(versions(i)[1] for i in facts.registries)
    return (
        *(
            Duty(
                id=f"Create{kind}s",
                actions=(f"sagemaker:Create{kind}",),
                resources=resources,
                reason="a release makes a model and an endpoint config, named after the endpoint",
                condition=tagged,
                wildcard=BY_CONDITION,
            )
            for kind, resources in made.items()
        ),
        *(
            Duty(
                id=f"TagNew{kind}s",
                actions=("sagemaker:AddTags",),
                resources=resources,
                reason="what a release makes is tagged as it is created",
                condition=also(
                    tagged, {"StringEquals": {"sagemaker:TaggingAction": f"Create{kind}"}}
                ),
                wildcard=BY_CONDITION,
            )
            for kind, resources in made.items()
        ),
        Duty(
            id="UseVersions",
            actions=("sagemaker:CreateModel", "sagemaker:DescribeModelPackage"),
            resources=registered,
            reason="a model is made from a registered version; the registry's policy names this role",
            wildcard=JOBS,
        ),
        Duty(
            id="PassModelRoles",
            actions=("iam:PassRole",),
            resources=(settings["role"],),
            reason="the model's containers run with a role of their own",
            condition={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        ),
        *_encrypt(settings["config"].get("KmsKeyId")),
    )


def _encrypt(alias_arn: str | None) -> tuple[Duty, ...]:
    if alias_arn is None:
        return ()
    return (
        key_duty(
            "DescribeKeys",
            alias_arn,
            ("kms:DescribeKey",),
            reason="the key of the volumes is looked up",
            condition={},
        ),
        key_duty(
            "EncryptVolumes",
            alias_arn,
            ("kms:CreateGrant",),
            reason="SageMaker encrypts the volumes of the instances by a grant",
            condition=for_aws_resource(),
        ),
    )
