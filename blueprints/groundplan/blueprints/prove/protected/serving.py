"""Endpoints: what serves, how many, what is live, what rolls back."""

from collections.abc import Iterator

from groundplan.blueprints.plan.deployment_policies import ENDPOINT_TAG
from groundplan.blueprints.plan.stacks import ServingStackPlan
from groundplan.blueprints.prove.protected.facts import Facts, Protected, rows

RELEASE = tuple(
    f"cloudformation:{action}"
    for action in (
        "CancelUpdateStack", "ContinueUpdateRollback", "CreateChangeSet", "CreateStack",
        "DeleteStack", "ExecuteChangeSet", "RollbackStack", "UpdateStack",
        "UpdateTerminationProtection",
    )
)  # fmt: skip
ENDPOINT = tuple(
    f"sagemaker:{action}"
    for action in (
        "AddTags", "CreateEndpoint", "DeleteEndpoint", "DeleteTags", "UpdateEndpoint",
        "UpdateEndpointWeightsAndCapacities",
    )
)  # fmt: skip
SCALING = tuple(
    f"application-autoscaling:{action}"
    for action in (
        "DeleteScalingPolicy", "DeleteScheduledAction", "DeregisterScalableTarget",
        "PutScalingPolicy", "PutScheduledAction", "RegisterScalableTarget", "TagResource",
        "UntagResource",
    )
)  # fmt: skip
ALARMS = tuple(
    f"cloudwatch:{action}"
    for action in (
        "DeleteAlarms", "DisableAlarmActions", "EnableAlarmActions", "PutMetricAlarm",
        "SetAlarmState",
    )
)  # fmt: skip
MADE_UP = "groundplan-EndpointConfig-0123456789ab"
"""Stand-in for a name that CloudFormation makes up for a model or an endpoint config."""


def serving(facts: Facts) -> Iterator[Protected]:
    """Yield what is protected of each endpoint."""
    for item in facts.stacks():
        if isinstance(item, ServingStackPlan):
            yield from _release(facts, item)
            yield from _endpoint(facts, item)
            yield from _around(facts, item)


def _release(facts: Facts, item: ServingStackPlan) -> Iterator[Protected]:
    stack, place = item.stack, item.stack.place
    arn = place.arn("cloudformation", f"stack/{stack.name}/*")
    what = f"releases {item.endpoint.model} to {stack.scope}"
    yield from rows(
        facts, kind="release", what=what, actions=RELEASE, resource=arn, account=place.account,
        may=[facts.deployer(place)], names=(stack.name,),
    )  # fmt: skip
    yield from rows(
        facts, kind="release", what=f"takes the protection off the stack of {item.endpoint.name}",
        actions=["cloudformation:SetStackPolicy"], resource=arn, account=place.account,
    )  # fmt: skip


def _endpoint(facts: Facts, item: ServingStackPlan) -> Iterator[Protected]:
    endpoint, place = item.endpoint, item.stack.place
    owner = [item.stack.execution_role_arn or facts.deployment(place)]
    tag = f"aws:ResourceTag/{ENDPOINT_TAG}"
    tags = {tag: endpoint.name, f"aws:RequestTag/{ENDPOINT_TAG}": endpoint.name}
    what = f"changes endpoint {endpoint.name}"
    yield from rows(
        facts, kind="endpoint", what=what, actions=ENDPOINT, resource=endpoint.arn,
        account=place.account, may=owner, names=(endpoint.name,), context=tags,
    )  # fmt: skip
    config = place.arn("sagemaker", f"endpoint-config/{MADE_UP}")
    yield from rows(
        facts, kind="endpoint", what=f"makes a config of endpoint {endpoint.name}",
        actions=["sagemaker:CreateEndpointConfig"], resource=config, account=place.account,
        may=owner, names=(endpoint.name,), context=tags,
    )  # fmt: skip
    for kind in ("endpoint-config", "model"):
        action = "DeleteModel" if kind == "model" else "DeleteEndpointConfig"
        yield from rows(
            facts, kind="endpoint", what=f"deletes what endpoint {endpoint.name} serves",
            actions=[f"sagemaker:{action}"], resource=place.arn("sagemaker", f"{kind}/{MADE_UP}"),
            account=place.account, may=owner, names=(endpoint.name,),
            context={tag: endpoint.name},
        )  # fmt: skip


def _around(facts: Facts, item: ServingStackPlan) -> Iterator[Protected]:
    endpoint, place = item.endpoint, item.stack.place
    owner = [item.stack.execution_role_arn or facts.deployment(place)]
    tags = {f"aws:{kind}Tag/{ENDPOINT_TAG}": endpoint.name for kind in ("Request", "Resource")}
    target = place.arn("application-autoscaling", "scalable-target/0123456789ab")
    yield from rows(
        facts, kind="scaling", what=f"changes the scaling of endpoint {endpoint.name}",
        actions=SCALING, resource=target, account=place.account, may=owner,
        names=(endpoint.name,), context=tags,
    )  # fmt: skip
    for alarm in (*endpoint.alarms, *endpoint.shadow_alarms, *endpoint.capacity_alarms):
        yield from rows(
            facts, kind="endpoint", what=f"changes an alarm that rolls {endpoint.name} back",
            actions=ALARMS, resource=alarm.arn, account=place.account,
            # Names of a pipeline's alarms begin in the same way, so both roles reach both.
            may=[*owner, facts.deployment(place)],
            names=(endpoint.name,),
        )  # fmt: skip
    parameter = place.arn("ssm", f"parameter/{endpoint.live_parameter.lstrip('/')}")
    yield from rows(
        facts, kind="release", what=f"changes the record of what {endpoint.name} serves",
        actions=["ssm:DeleteParameter", "ssm:PutParameter"], resource=parameter,
        account=place.account, names=(endpoint.live_parameter,),
    )  # fmt: skip
