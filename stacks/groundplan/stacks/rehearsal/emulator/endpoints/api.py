"""The endpoint and registry operations that moto lacks or half-does."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, cast
from unittest import mock

from moto.core.responses import ActionResult, EmptyResult
from moto.sagemaker.exceptions import AWSValidationException
from moto.sagemaker.models import ModelPackage, SageMakerModelBackend
from moto.sagemaker.responses import SageMakerResponse

from groundplan.stacks.rehearsal.emulator.endpoints import (
    components,
    invoke,
    lifecycle,
    mlflow,
    monitoring_schedules,
    packages,
)
from groundplan.stacks.rehearsal.emulator.endpoints.update import serve_shadows, update_endpoint
from groundplan.stacks.rehearsal.emulator.jobs.constraints import check

if TYPE_CHECKING:
    from groundplan.stacks.rehearsal.emulator import Emulator


@contextmanager
def patched(emulator: "Emulator") -> Iterator[None]:
    """Complete the operations until the context ends."""
    with ExitStack() as stack:
        stack.enter_context(invoke.patched(emulator))
        for name, method in _backend_methods(emulator).items():
            stack.enter_context(mock.patch.object(SageMakerModelBackend, name, method, create=True))
        stack.enter_context(
            mock.patch.object(ModelPackage, "gen_response_object", lifecycle.describe)
        )
        for name, operation in _operations(emulator).items():
            stack.enter_context(mock.patch.object(SageMakerResponse, name, operation, create=True))
        yield


def _backend_methods(emulator: "Emulator") -> dict[str, Any]:
    create_package = SageMakerModelBackend.create_model_package
    update_package = SageMakerModelBackend.update_model_package
    describe_group = SageMakerModelBackend.describe_model_package_group
    create_model = SageMakerModelBackend.create_model
    create_endpoint = SageMakerModelBackend.create_endpoint
    list_tags = SageMakerModelBackend.list_tags
    delete_endpoint = SageMakerModelBackend.delete_endpoint
    tagged = SageMakerModelBackend._get_resource_from_arn

    def _update_endpoint(
        self: Any,
        endpoint_name: str,
        endpoint_config_name: str,
        deployment_config: dict[str, Any] | None = None,
        retain_all_variant_properties: bool = False,
        exclude_retained: list[dict[str, str]] | None = None,
    ) -> None:
        update_endpoint(
            emulator,
            self,
            endpoint_name=endpoint_name,
            endpoint_config_name=endpoint_config_name,
            deployment_config=deployment_config,
            retain_all_variant_properties=retain_all_variant_properties,
            exclude_retained=exclude_retained,
        )

    def _create_endpoint(
        self: Any, endpoint_name: str, endpoint_config_name: str, tags: list[dict[str, str]]
    ) -> Any:
        if endpoint_name in self.endpoints:
            raise AWSValidationException(
                f'Cannot create already existing endpoint "{self.endpoints[endpoint_name].arn}".'
            )
        endpoint = create_endpoint(self, endpoint_name, endpoint_config_name, tags)
        serve_shadows(endpoint, self.endpoint_configs[endpoint_config_name])
        return endpoint

    def _list_tags(self: Any, arn: str, **page: Any) -> Any:
        try:
            return list_tags(self, arn, **page)
        except AttributeError as exc:  # moto looks at what it has not found
            raise AWSValidationException(f"Could not find resource {arn}.") from exc

    def _delete_endpoint(self: Any, endpoint_name: str) -> None:
        monitoring_schedules.refuse_watched(self, endpoint_name)
        components.refuse_hosting(self, endpoint_name)
        delete_endpoint(self, endpoint_name)

    def _tagged(self: Any, arn: str) -> Any:
        finders = (monitoring_schedules.find, components.find, mlflow.find)
        return next((own for find in finders if (own := find(self, arn))), None) or tagged(
            self, arn
        )

    def _create_package(self: Any, **arguments: Any) -> str:
        token = arguments.get("client_token")
        for package in self.model_packages.values():
            if token is not None and package.client_token == token:
                return str(package.arn)
        group = arguments.get("model_package_group_name")
        if group:
            arguments["model_package_group_name"] = group.split("/")[-1]
            arguments["model_approval_status"] = (
                arguments.get("model_approval_status") or "PendingManualApproval"
            )
        return create_package(self, **arguments)

    def _update_package(self: Any, **arguments: Any) -> str:
        """What is not given stays as it is."""
        package = self.describe_model_package(arguments["model_package_arn"])
        kept = ("model_approval_status", "approval_description")
        given = {
            name: value if value is not None or name not in kept else getattr(package, name)
            for name, value in arguments.items()
        }
        given["customer_metadata_properties"] = {
            **(package.customer_metadata_properties or {}),
            **(arguments["customer_metadata_properties"] or {}),
        }
        return update_package(self, **given)

    def _describe_group(self: Any, model_package_group_name: str) -> Any:
        return describe_group(self, model_package_group_name.split("/")[-1])

    def _create_model(
        self: Any,
        model_name: str,
        execution_role_arn: str,
        primary_container: dict[str, Any] | None,
        vpc_config: dict[str, Any] | None,
        containers: list[dict[str, Any]] | None,
        tags: list[dict[str, str]] | None,
    ) -> Any:
        if model_name in self._models:
            raise AWSValidationException(
                f'Cannot create already existing model "{self._models[model_name].arn}".'
            )
        for container in [primary_container, *(containers or [])]:
            packages.check_container(container, self.account_id)
        return create_model(
            self, model_name, execution_role_arn, primary_container, vpc_config, containers, tags
        )

    return {
        "create_endpoint": _create_endpoint,
        "create_model": _create_model,
        "create_model_package": _create_package,
        "_get_resource_from_arn": _tagged,
        "delete_endpoint": _delete_endpoint,
        "describe_model_package_group": _describe_group,
        "list_tags": _list_tags,
        "put_model_package_group_policy": packages.put_policy,
        "update_endpoint": _update_endpoint,
        "update_model_package": _update_package,
    }


def _operations(emulator: "Emulator") -> dict[str, Any]:
    create_package = SageMakerResponse.create_model_package
    update_package = SageMakerResponse.update_model_package

    def _update_endpoint(self: Any) -> ActionResult:
        check("UpdateEndpoint", self.params)
        name = self._get_param("EndpointName")
        self.sagemaker_backend.update_endpoint(
            endpoint_name=name,
            endpoint_config_name=self._get_param("EndpointConfigName"),
            deployment_config=self._get_param("DeploymentConfig"),
            retain_all_variant_properties=self._get_param("RetainAllVariantProperties", False),
            exclude_retained=self._get_param("ExcludeRetainedVariantProperties"),
        )
        return ActionResult({"EndpointArn": self.sagemaker_backend.endpoints[name].arn})

    def _create_package(self: Any) -> ActionResult:
        check("CreateModelPackage", self.params)
        packages.check_new_package(emulator, self)
        known = set(self.sagemaker_backend.model_packages)
        result: ActionResult = create_package(self)
        arn = cast("dict[str, str]", result.result)["ModelPackageArn"]
        if arn not in known:  # a repeated call changes nothing
            lifecycle.created(emulator, self, self.sagemaker_backend.model_packages[arn])
        return result

    def _update_package(self: Any) -> ActionResult:
        check("UpdateModelPackage", self.params)
        package = self.sagemaker_backend.describe_model_package(self._get_param("ModelPackageArn"))
        before = lifecycle.state(package)
        result = update_package(self)
        lifecycle.updated(emulator, self, package, before)
        return result

    def _put_policy(self: Any) -> ActionResult:
        group = self._get_param("ModelPackageGroupName")
        packages.put_policy(self.sagemaker_backend, group, self._get_param("ResourcePolicy"))
        return ActionResult({"ModelPackageGroupArn": _group(self).arn})

    def _get_policy(self: Any) -> ActionResult:
        policy = getattr(_group(self), "resource_policy", None)
        if policy is None:
            raise AWSValidationException("Cannot find resource policy.")
        return ActionResult({"ResourcePolicy": policy})

    def _delete_policy(self: Any) -> EmptyResult:
        packages.put_policy(self.sagemaker_backend, self._get_param("ModelPackageGroupName"), None)
        return EmptyResult()

    def _delete_package(self: Any) -> EmptyResult:
        package = self.sagemaker_backend.describe_model_package(self._get_param("ModelPackageName"))
        del self.sagemaker_backend.model_packages[package.arn]
        return EmptyResult()

    def _delete_group(self: Any) -> EmptyResult:
        packages.delete_group(self.sagemaker_backend, self._get_param("ModelPackageGroupName"))
        return EmptyResult()

    return {
        **monitoring_schedules.operations(),
        **mlflow.operations(),
        **components.operations(emulator),
        "create_model_package": _create_package,
        "delete_model_package": _delete_package,
        "delete_model_package_group": _delete_group,
        "delete_model_package_group_policy": _delete_policy,
        "get_model_package_group_policy": _get_policy,
        "put_model_package_group_policy": _put_policy,
        "sagemaker_backend": property(packages.backend_for),
        "update_endpoint": _update_endpoint,
        "update_model_package": _update_package,
    }


def _group(response: Any) -> Any:
    name = response._get_param("ModelPackageGroupName")
    return response.sagemaker_backend.describe_model_package_group(name)
