"""UpdateEndpoint, which moto lacks, with the rules and the failures of the real one."""

from typing import TYPE_CHECKING, Any

from moto.applicationautoscaling.models import applicationautoscaling_backends
from moto.cloudwatch.models import cloudwatch_backends
from moto.core.utils import utcnow
from moto.sagemaker.exceptions import AWSValidationException

if TYPE_CHECKING:
    from groundplan.stacks.rehearsal.emulator import Emulator

_COUNTS = ("CurrentInstanceCount", "DesiredInstanceCount")
_WEIGHTS = ("CurrentWeight", "DesiredWeight")


def update_endpoint(
    emulator: "Emulator",
    backend: Any,
    *,
    endpoint_name: str,
    endpoint_config_name: str,
    deployment_config: dict[str, Any] | None,
    retain_all_variant_properties: bool,
    exclude_retained: list[dict[str, str]] | None,
) -> None:
    """Put an endpoint onto another configuration.

    Raises:
        AWSValidationException: The update is one that SageMaker refuses.
        ValidationError: There is no such endpoint or configuration.
    """
    backend.describe_endpoint(endpoint_name)
    backend.describe_endpoint_config(endpoint_config_name)
    endpoint = backend.endpoints[endpoint_name]
    config = backend.endpoint_configs[endpoint_config_name]
    old = backend.endpoint_configs.get(endpoint.endpoint_config_name)
    if old is not None and old is not config:
        _check_scaling(backend, endpoint_name, old, config)
    if deployment_config is not None:
        _check_guardrails(backend, endpoint, config, deployment_config)
    endpoint.last_modified_time = utcnow()
    fault, emulator.faults.endpoint_update = emulator.faults.endpoint_update, None
    if fault == "fails":
        raise AWSValidationException(
            f"Update of endpoint {endpoint_name} to {endpoint_config_name} failed and was rolled "
            f"back to {endpoint.endpoint_config_name}"
        )
    if fault == "rolls_back_silently":
        return
    excluded = {item["VariantPropertyType"] for item in exclude_retained or []}
    retained = {
        variant["VariantName"]: {
            name: variant[name]
            for kind, names in (("DesiredInstanceCount", _COUNTS), ("DesiredWeight", _WEIGHTS))
            for name in names
            if kind not in excluded and name in variant
        }
        for variant in endpoint.production_variants
    }
    variants = endpoint._process_production_variants(config.production_variants)
    if retain_all_variant_properties:
        variants = [item | retained.get(item["VariantName"], {}) for item in variants]
    if not retain_all_variant_properties or "DataCaptureConfig" in excluded:
        endpoint.data_capture_config = config.data_capture_config
    endpoint.production_variants = variants
    serve_shadows(endpoint, config)
    endpoint.endpoint_config_name = endpoint_config_name
    endpoint.last_deployment_config = deployment_config


def serve_shadows(endpoint: Any, config: Any) -> None:
    """Let the endpoint have the configuration's shadow variants, which moto leaves out."""
    shadows = getattr(config, "shadow_production_variants", None) or []
    endpoint.shadow_production_variants = endpoint._process_production_variants(shadows) or None


def _check_scaling(backend: Any, endpoint_name: str, old: Any, new: Any) -> None:
    scaling = applicationautoscaling_backends[backend.account_id][backend.region_name]
    targets = {
        target.resource_id for target in scaling.describe_scalable_targets("sagemaker", None, None)
    }
    types = {item["VariantName"]: item.get("InstanceType") for item in old.production_variants}
    for variant in new.production_variants:
        name = variant["VariantName"]
        changed = name in types and variant.get("InstanceType") != types[name]
        if changed and f"endpoint/{endpoint_name}/variant/{name}" in targets:
            raise AWSValidationException(
                f"The instance type of variant {name} of endpoint {endpoint_name} cannot change "
                f"from {types[name]} to {variant.get('InstanceType')} while it is a scalable target"
            )


def _check_guardrails(backend: Any, endpoint: Any, config: Any, deployment: dict[str, Any]) -> None:
    names = {item["VariantName"] for item in endpoint.production_variants}
    wanted = {item["VariantName"] for item in config.production_variants}
    if names != wanted:
        raise AWSValidationException(
            f"A DeploymentConfig needs the same variants in both configurations, got "
            f"{', '.join(sorted(names))} and {', '.join(sorted(wanted))}"
        )
    routing = deployment.get("BlueGreenUpdatePolicy", {}).get("TrafficRoutingConfiguration", {})
    instances = sum(item.get("InitialInstanceCount", 0) for item in config.production_variants)
    if routing.get("Type") in ("CANARY", "LINEAR") and instances < 2:
        raise AWSValidationException(
            f"{routing['Type']} traffic shifting needs at least two instances, got {instances}"
        )
    alarms = cloudwatch_backends[backend.account_id][backend.region_name].alarms
    for alarm in deployment.get("AutoRollbackConfiguration", {}).get("Alarms", []):
        if alarm["AlarmName"] not in alarms:
            raise AWSValidationException(f"The alarm {alarm['AlarmName']} does not exist")
