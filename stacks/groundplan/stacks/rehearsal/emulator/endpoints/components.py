"""Inference components, which moto lacks: copies of a model on an endpoint, of which there may be none.

A request that finds no copy fails, and raises the metric ``NoCapacityInvocationFailures``: an alarm on
it whose action is a step scaling policy of the component adds copies, so that the next request is
answered. Nothing falls asleep by itself; see `fall_asleep`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from moto.applicationautoscaling.models import applicationautoscaling_backends
from moto.cloudwatch.models import cloudwatch_backends
from moto.core.responses import ActionResult, EmptyResult
from moto.sagemaker.exceptions import AWSValidationException
from moto.sagemaker.models import sagemaker_backends

from groundplan.stacks.rehearsal.emulator.clock import CLOCK
from groundplan.stacks.rehearsal.emulator.jobs.constraints import check

if TYPE_CHECKING:
    from groundplan.stacks.rehearsal.emulator import Emulator

DIMENSION = "sagemaker:inference-component:DesiredCopyCount"
WOKEN_BY = "NoCapacityInvocationFailures"
LARGEST_BATCH_PERCENT = 50


@dataclass
class Component:
    """One inference component."""

    arn: str
    name: str
    endpoint: str
    endpoint_arn: str
    variant: str
    specification: dict[str, Any]
    copies: int
    tags: list[dict[str, str]]
    created: datetime
    modified: datetime
    last_deployment: dict[str, Any] | None = None


def components(backend: Any) -> dict[str, Component]:
    """Return the components of an account and region by name."""
    found: dict[str, Component] = backend.__dict__.setdefault("inference_components", {})
    return found


def find(backend: Any, arn: str) -> Component | None:
    """Return the component of an ARN, or nothing."""
    return next((item for item in components(backend).values() if item.arn == arn), None)


def refuse_hosting(backend: Any, endpoint: str) -> None:
    """Refuse to delete an endpoint that hosts a component.

    SageMaker deletes it and leaves the component behind, so that no other one can have its name. No
    stack may come to that.

    Raises:
        AWSValidationException: If it hosts one.
    """
    for component in components(backend).values():
        if component.endpoint == endpoint:
            raise AWSValidationException(
                f"Cannot delete Endpoint {endpoint} with the inference component {component.name}."
            )


def asked(backend: Any, endpoint: str, name: str) -> Component:
    """Return the component that a request names; without a copy, the request fails and wakes it.

    Raises:
        AWSValidationException: There is no such component on the endpoint, or it has no copy.
    """
    component = components(backend).get(name)
    if component is None or component.endpoint != endpoint:
        raise AWSValidationException(
            f"Inference Component {name} not found on endpoint {endpoint}."
        )
    if component.copies == 0:
        _wake(backend, component)
        raise AWSValidationException(
            "Inference Component has no capacity to process this request. ApplicationAutoScaling may "
            "be in-progress (if configured) or try to increase the capacity by invoking "
            "UpdateInferenceComponentRuntimeConfig API."
        )
    return component


def fall_asleep(account: str, region: str, name: str) -> int:
    """Do what scaling does after a quarter of an hour without requests; return the copies left.

    That takes a target whose fewest copies are none, a policy that tracks its load, and a variant
    whose managed instance scaling gives the last instance back.
    """
    component = components(sagemaker_backends[account][region])[name]
    scaling = applicationautoscaling_backends[account][region]
    resource = f"inference-component/{name}"
    targets = scaling.describe_scalable_targets("sagemaker", [resource], DIMENSION)
    tracked = [
        policy
        for policy in scaling.policies.values()
        if policy.resource_id == resource and policy.policy_type == "TargetTrackingScaling"
    ]
    if targets and tracked and _managed(sagemaker_backends[account][region], component) == 0:
        component.copies = min(component.copies, int(targets[0].min_capacity or 0))
    return component.copies


def _managed(backend: Any, component: Component) -> int:
    """Return the fewest instances that the component's variant keeps."""
    config = backend.endpoint_configs[backend.endpoints[component.endpoint].endpoint_config_name]
    for variant in config.production_variants:
        scaling = variant.get("ManagedInstanceScaling") or {}
        if variant["VariantName"] == component.variant and scaling.get("Status") == "ENABLED":
            return int(scaling.get("MinInstanceCount", 1))
    return 1


def _wake(backend: Any, component: Component) -> None:
    """Add copies as the alarms on the metric and their policies say."""
    account, region = backend.account_id, backend.region_name
    scaling = applicationautoscaling_backends[account][region]
    resource = f"inference-component/{component.name}"
    [most] = [
        int(item.max_capacity or 0)
        for item in scaling.describe_scalable_targets("sagemaker", [resource], DIMENSION)
    ] or [0]
    actions = {
        action
        for alarm in cloudwatch_backends[account][region].alarms.values()
        if alarm.metric_name == WOKEN_BY
        and alarm.actions_enabled
        and {(item.name, item.value) for item in alarm.dimensions}
        == {("InferenceComponentName", component.name)}
        for action in alarm.alarm_actions
    }
    for policy in scaling.policies.values():
        body = policy.step_scaling_policy_configuration
        if policy.resource_id == resource and policy.policy_arn in actions and body is not None:
            step = body["StepAdjustments"][0]["ScalingAdjustment"]
            component.copies = min(most, component.copies + step)


def operations(emulator: "Emulator") -> dict[str, Any]:
    """Return the operations by the names that moto calls them."""

    def _update(self: Any) -> ActionResult:
        check("UpdateInferenceComponent", self.params)
        component, backend = _named(self), self.sagemaker_backend
        deployment = self._get_param("DeploymentConfig")
        wanted = self._get_param("Specification")
        runtime = self._get_param("RuntimeConfig")
        if deployment is not None:
            _check_deployment(backend, deployment)
        if wanted is not None:
            _check_specification(backend, wanted)
            fault, emulator.faults.endpoint_update = emulator.faults.endpoint_update, None
            if fault == "fails":
                raise AWSValidationException(
                    f"Update of inference component {component.name} failed and was rolled back"
                )
            if fault is None:
                component.specification = wanted
            component.last_deployment = deployment
        if runtime is not None:
            component.copies = runtime["CopyCount"]
        component.modified = CLOCK.now()
        return ActionResult({"InferenceComponentArn": component.arn})

    return {
        "create_inference_component": _create,
        "delete_inference_component": _delete,
        "describe_inference_component": _describe,
        "list_inference_components": _list,
        "update_inference_component": _update,
        "update_inference_component_runtime_config": _update_runtime,
    }


def _create(self: Any) -> ActionResult:
    check("CreateInferenceComponent", self.params)
    backend, name = self.sagemaker_backend, self._get_param("InferenceComponentName")
    if name in components(backend):
        raise AWSValidationException(
            f'Cannot create already existing inference component "{components(backend)[name].arn}".'
        )
    endpoint = backend.endpoints.get(self._get_param("EndpointName"))
    if endpoint is None:
        raise AWSValidationException(f"Could not find endpoint {self._get_param('EndpointName')}.")
    variant = self._get_param("VariantName")
    config = backend.endpoint_configs[endpoint.endpoint_config_name]
    hosts = [item for item in config.production_variants if item["VariantName"] == variant]
    if not hosts or "ModelName" in hosts[0] or not getattr(config, "execution_role_arn", None):
        raise AWSValidationException(
            f"Variant {variant} of endpoint {endpoint.endpoint_name} hosts no inference components: "
            "it needs a variant without a model, and a config with a role"
        )
    wanted = self._get_param("Specification")
    _check_specification(backend, wanted)
    now = CLOCK.now()
    component = Component(
        arn=f"arn:aws:sagemaker:{backend.region_name}:{backend.account_id}:inference-component/{name}",
        name=name,
        endpoint=endpoint.endpoint_name,
        endpoint_arn=endpoint.arn,
        variant=variant,
        specification=wanted,
        copies=self._get_param("RuntimeConfig")["CopyCount"],
        tags=self._get_param("Tags") or [],
        created=now,
        modified=now,
    )
    components(backend)[name] = component
    return ActionResult({"InferenceComponentArn": component.arn})


def _describe(self: Any) -> ActionResult:
    found = _named(self)
    shown = {
        **_summary(found),
        "Specification": found.specification,
        "RuntimeConfig": {"DesiredCopyCount": found.copies, "CurrentCopyCount": found.copies},
    }
    if found.last_deployment is not None:
        shown["LastDeploymentConfig"] = found.last_deployment
    return ActionResult(shown)


def _list(self: Any) -> ActionResult:
    found = [_summary(item) for item in components(self.sagemaker_backend).values()]
    return ActionResult({"InferenceComponents": found})


def _summary(found: Component) -> dict[str, Any]:
    return {
        "InferenceComponentArn": found.arn,
        "InferenceComponentName": found.name,
        "InferenceComponentStatus": "InService",
        "EndpointArn": found.endpoint_arn,
        "EndpointName": found.endpoint,
        "VariantName": found.variant,
        "CreationTime": found.created,
        "LastModifiedTime": found.modified,
    }


def _update_runtime(self: Any) -> ActionResult:
    check("UpdateInferenceComponentRuntimeConfig", self.params)
    component = _named(self)
    component.copies = self._get_param("DesiredRuntimeConfig")["CopyCount"]
    return ActionResult({"InferenceComponentArn": component.arn})


def _delete(self: Any) -> EmptyResult:
    del components(self.sagemaker_backend)[_named(self).name]
    return EmptyResult()


def _named(self: Any) -> Component:
    name = self._get_param("InferenceComponentName")
    found = components(self.sagemaker_backend).get(name)
    if found is None:
        raise AWSValidationException(f'Could not find inference component "{name}".')
    return found


def _check_specification(backend: Any, wanted: dict[str, Any]) -> None:
    if wanted.get("ModelName") not in backend._models:
        raise AWSValidationException(f'Could not find model "{wanted.get("ModelName")}".')


def _check_deployment(backend: Any, deployment: dict[str, Any]) -> None:
    batch = deployment["RollingUpdatePolicy"]["MaximumBatchSize"]
    if batch["Type"] == "CAPACITY_PERCENT" and not 5 <= batch["Value"] <= LARGEST_BATCH_PERCENT:
        raise AWSValidationException(
            f"MaximumBatchSize must be 5 to {LARGEST_BATCH_PERCENT} percent, got {batch['Value']}"
        )
    alarms = cloudwatch_backends[backend.account_id][backend.region_name].alarms
    for alarm in deployment.get("AutoRollbackConfiguration", {}).get("Alarms", []):
        if alarm["AlarmName"] not in alarms:
            raise AWSValidationException(f"The alarm {alarm['AlarmName']} does not exist")
