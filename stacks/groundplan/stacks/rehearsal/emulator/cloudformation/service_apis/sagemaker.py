"""SageMaker: what protects a model, shadow variants, and today's instance types."""

from collections.abc import Iterator
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import get_service_model
from moto.sagemaker.exceptions import AWSValidationException
from moto.sagemaker.models import FakeEndpointConfig, SageMakerModelBackend
from moto.sagemaker.responses import SageMakerResponse

FORGOTTEN_OF_CONFIG = {
    "EnableNetworkIsolation": "enable_network_isolation",
    "ExecutionRoleArn": "execution_role_arn",
    "ExplainerConfig": "explainer_config",
    "MetricsConfig": "metrics_config",
    "ShadowProductionVariants": "shadow_production_variants",
    "VpcConfig": "vpc_config",
}
"""Member of CreateEndpointConfig -> attribute by which DescribeEndpointConfig shows it."""


def replacements() -> Iterator[tuple[Any, str, Any]]:
    """Class, attribute and what takes its place."""
    create_config, create_model = (
        SageMakerResponse.create_endpoint_config,
        SageMakerResponse.create_model,
    )

    def create_endpoint_config(self: Any) -> ActionResult:
        name = self._get_param("EndpointConfigName")
        if name in self.sagemaker_backend.endpoint_configs:
            arn = self.sagemaker_backend.endpoint_configs[name].endpoint_config_arn
            raise AWSValidationException(
                f'Cannot create already existing endpoint configuration "{arn}".'
            )
        result = create_config(self)
        config = self.sagemaker_backend.endpoint_configs[name]
        config.validate_production_variants(self._get_param("ShadowProductionVariants") or [])
        for member, attribute in FORGOTTEN_OF_CONFIG.items():
            setattr(config, attribute, self._get_param(member))
        return result

    def create_model_completely(self: Any) -> ActionResult:
        result = create_model(self)
        model = self.sagemaker_backend._models[self._get_param("ModelName")]
        model.enable_network_isolation = self._get_param("EnableNetworkIsolation", False)
        model.inference_execution_config = self._get_param("InferenceExecutionConfig")
        return result

    yield SageMakerResponse, "create_endpoint_config", create_endpoint_config
    yield SageMakerResponse, "create_model", create_model_completely
    yield FakeEndpointConfig, "validate_instance_type", _validate_instance_type
    yield SageMakerModelBackend, "validate_production_variants", _validate_models


_validate_all = SageMakerModelBackend.validate_production_variants


def _validate_models(self: Any, production_variants: list[dict[str, Any]]) -> None:
    """A variant without a model hosts inference components."""
    _validate_all(self, [item for item in production_variants if "ModelName" in item])


def _validate_instance_type(self: Any, instance_type: str) -> None:
    shape: Any = get_service_model("sagemaker").shape_for("ProductionVariantInstanceType")
    if instance_type not in shape.enum:
        raise AWSValidationException(
            f"Value '{instance_type}' at 'instanceType' failed to satisfy constraint: Member must "
            f"satisfy enum value set: [{', '.join(shape.enum)}]"
        )
