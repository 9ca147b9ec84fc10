"""Names, places and roles that more than one stack refers to, all derived from the spec."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.plan.data_versions import RELEASED
from groundplan.blueprints.plan.engine import Engine
from groundplan.blueprints.plan.key_uses import deployment_role_arn
from groundplan.blueprints.plan.names import Place, name
from groundplan.blueprints.plan.role import (
    bootstrap_qualifier,
    boundary_arn,
    direct_deployment_role_arn,
    iam_path,
    role_arn,
)
from groundplan.blueprints.spec import (
    DatasetSpec,
    EnvironmentSpec,
    ExistingNetwork,
    IsolatedNetwork,
    ModelOverrides,
    ModelSpec,
    MonitoringSpec,
    NoNetwork,
    ProjectSpec,
    RealtimeServing,
)
from groundplan.blueprints.spec.rules.monitoring import OWN_IMAGE
from groundplan.pipelines import Pipeline

TOOLING = "tooling"
DATA = "data"
STAGE_0 = "stage-0"
SCOPE_TAG = "groundplan:scope"
MONITORING_IMAGE = OWN_IMAGE
"""Image of groundplan's own monitoring job."""


@dataclass(frozen=True)
class Context:
    """A spec, and what follows from it for every stack."""

    spec: ProjectSpec

    edit: Callable[[Pipeline], Pipeline] | None = None
    """Changes each pipeline before its role and definition are derived. ``None`` changes none."""

    engine: Engine = "cdk"
    """What deploys the plan."""

    def edited(self, pipeline: Pipeline) -> Pipeline:
        """Return a standard pipeline as the user wants it.

        Raises:
            PlanError: If ``edit`` returns no pipeline of the same name.
        """
        if self.edit is None:
            return pipeline
        found: object = self.edit(pipeline)
        if not isinstance(found, Pipeline) or found.name != pipeline.name:
            raise PlanError(
                "edit",
                f"must return the pipeline {pipeline.name}, changed or as it was",
                got=found.name if isinstance(found, Pipeline) else type(found).__name__,
                fix="return what pipeline.insert or pipeline.replace returns, else the pipeline",
            )
        return found

    @property
    def project(self) -> str:
        """Name of the project."""
        return self.spec.project

    @cached_property
    def region(self) -> str:
        """The one region of the project."""
        return self.spec.training_environment.region

    @cached_property
    def protected(self) -> bool:
        """Whether losing data would matter: some environment is not for development."""
        return any(environment.stage != "development" for environment in self.spec.environments)

    def tags(self, scope: str) -> dict[str, str]:
        """Return the tags of a stack: the spec's and groundplan's own."""
        ours = {
            "groundplan:organization": self.spec.organization,
            "groundplan:project": self.project,
            SCOPE_TAG: f"{self.project}-{scope}",
        }
        if self.spec.owner is not None:
            ours["groundplan:owner"] = self.spec.owner
        return dict(sorted({**self.spec.governance.tags, **ours}.items()))

    # Scopes

    def place(self, account_key: str) -> Place:
        """Return the account called ``account_key``, in the project's region."""
        return Place(account=self.spec.account_id(account_key), region=self.region)

    def data_scope(self, dataset: DatasetSpec) -> str:
        """Return the stage that holds ``dataset``: ``data``, or ``data-KEY`` elsewhere."""
        if self.spec.account_id(dataset.account) == self.spec.account_id(DATA):
            return DATA
        return f"{DATA}-{dataset.account}"

    def dataset(self, dataset_name: str) -> DatasetSpec:
        """Return a dataset by name."""
        return next(item for item in self.spec.datasets if item.name == dataset_name)

    # Names

    def stack_name(self, scope: str, stack: str) -> str:
        """Return the physical name of a stack."""
        return name("stack", self.project, scope, stack)

    def bucket(self, scope: str, purpose: str, place: Place) -> str:
        """Return the name of a bucket; the account id makes it unique in the world."""
        return name("bucket", self.project, scope, purpose, place.account)

    def key_alias(self, *parts: str) -> str:
        """Return the name of a key's alias, without its prefix."""
        return name("key-alias", self.project, *parts)

    def role_name(self, scope: str, *parts: str) -> str:
        """Return the name of a role."""
        return name("role", self.project, scope, *parts)

    def role_arn(self, place: Place, scope: str, *parts: str) -> str:
        """Return the ARN of a role that the project's deployments make."""
        return role_arn(place, iam_path(self.project), self.role_name(scope, *parts))

    def boundary(self, place: Place) -> str:
        """Return the ARN of the permission boundary of every role in ``place``."""
        asked = self.spec.governance.permissions_boundary
        if asked == "managed":
            return boundary_arn(place, self.project)
        return asked.replace("*", place.account)

    def deployment_role(self, place: Place) -> str:
        """Return the ARN of the role in ``place`` that makes all but endpoints, or with Pulumi all."""
        return deployment_role(place, self.project, self.engine)

    @property
    def tooling(self) -> Place:
        """The tooling account."""
        return self.place(TOOLING)

    @property
    def training(self) -> EnvironmentSpec:
        """The environment that trains."""
        return self.spec.training_environment

    @property
    def artifacts(self) -> str:
        """Name of the bucket of trained models."""
        return self.bucket(TOOLING, "artifacts", self.tooling)

    def dataset_bucket(self, dataset: DatasetSpec) -> str:
        """Return the name of a dataset's bucket."""
        return self.bucket(self.data_scope(dataset), dataset.name, self.place(dataset.account))

    def dataset_folder(self, dataset: DatasetSpec) -> str:
        """Return the folder of a dataset's bucket that pipelines read, with its slash; empty: all of it."""
        return RELEASED if dataset.versioning == "dvc" else ""

    def dataset_uri(self, dataset: DatasetSpec) -> str:
        """Return the S3 URI of what pipelines read of a dataset."""
        return f"s3://{self.dataset_bucket(dataset)}/{self.dataset_folder(dataset)}"

    def dataset_key_alias_arn(self, dataset: DatasetSpec) -> str:
        """Return the ARN of the alias of a dataset's key."""
        alias = self.key_alias(self.data_scope(dataset), dataset.name)
        return self.place(dataset.account).arn("kms", f"alias/{alias}")

    @property
    def tooling_key_alias_arn(self) -> str:
        """ARN of the alias of the tooling account's key."""
        return self.tooling.arn("kms", f"alias/{self.key_alias(TOOLING)}")

    def repository(self, image: str) -> str:
        """Return the name of an image's repository."""
        return f"{self.project}/{image}"

    def registry_arn(self, model: str) -> str:
        """Return the ARN of a model's package group."""
        return self.tooling.arn("sagemaker", f"model-package-group/{self.registry_name(model)}")

    def registry_name(self, model: str) -> str:
        """Return the name of a model's package group."""
        return name("model-package-group", self.project, model)

    def endpoint_name(self, environment: str, model: str) -> str:
        """Return the name of a model's endpoint."""
        return name("endpoint", self.project, environment, model)

    def endpoint_log_group(self, environment: str, model: str) -> str:
        """Return the log group that SageMaker writes an endpoint's logs to."""
        return f"/aws/sagemaker/Endpoints/{self.endpoint_name(environment, model)}"

    def component_log_group(self, environment: str, model: str) -> str:
        """Return the log group that SageMaker writes the logs of an inference component to."""
        return f"/aws/sagemaker/InferenceComponents/{self.endpoint_name(environment, model)}"

    def pipeline_name(self, environment: str, model: str) -> str:
        """Return the name of a model's training pipeline."""
        return name("state-machine", self.project, environment, model, "training")

    def lock_table_name(self, environment: EnvironmentSpec) -> str:
        """Return the name of an environment's table of locks."""
        return name("table", self.project, environment.name, "locks")

    def lock_table_arn(self, environment: EnvironmentSpec) -> str:
        """Return the ARN of an environment's table of locks."""
        place = self.place(environment.account)
        return place.arn("dynamodb", f"table/{self.lock_table_name(environment)}")

    def event_bus_name(self, environment: EnvironmentSpec) -> str:
        """Return the name of the project's event bus in an environment."""
        return name("event-bus", self.project, environment.name, "events")

    def event_bus_arn(self, environment: EnvironmentSpec) -> str:
        """Return the ARN of the project's event bus in an environment."""
        place = self.place(environment.account)
        return place.arn("events", f"event-bus/{self.event_bus_name(environment)}")

    @property
    def event_source(self) -> str:
        """Source of the project's own events."""
        return f"groundplan.{self.project}"

    def environment_key_alias_arn(self, environment: EnvironmentSpec) -> str:
        """Return the ARN of the alias of an environment's key."""
        place = self.place(environment.account)
        return place.arn("kms", f"alias/{self.key_alias(environment.name)}")

    def training_path(self, model: ModelSpec) -> str:
        """Return the place of a model's training in the spec."""
        return f"models[{self.spec.models.index(model)}].training"

    def work_bucket(self, environment: EnvironmentSpec) -> str:
        """Return the name of an environment's bucket for checkpoints, reports and captures."""
        return self.bucket(environment.name, "work", self.place(environment.account))

    # What is where

    def served(self) -> tuple[ModelSpec, ...]:
        """Return the models that have an endpoint."""
        return tuple(
            model for model in self.spec.models if isinstance(model.serving, RealtimeServing)
        )

    def images(self) -> tuple[str, ...]:
        """Return the names of all images, sorted."""
        found = {image.name for image in self.spec.images}
        for model in self.spec.models:
            found.add(training_image(model))
            found.add(serving_image(model))
        found |= {step.image for step in self.spec.pipelines.steps if step.image is not None}
        if any(
            monitoring.provider == "evidently"
            for environment in self.spec.environments
            for _, monitoring in self.watched(environment)
        ):
            found.add(MONITORING_IMAGE)
        return tuple(sorted(found))

    def watched(self, environment: EnvironmentSpec) -> tuple[tuple[ModelSpec, MonitoringSpec], ...]:
        """Return the models whose endpoints are watched in an environment, and how.

        Where the spec does not say where, that is production, or everywhere without one.
        """
        some = any(item.stage == "production" for item in self.spec.environments)
        default = environment.stage == "production" or not some
        return tuple(
            (model, model.monitoring)
            for model in self.spec.models
            if model.monitoring is not None
            and (
                default
                if model.monitoring.environments is None
                else environment.name in model.monitoring.environments
            )
        )

    def network(
        self, environment: EnvironmentSpec
    ) -> IsolatedNetwork | ExistingNetwork | NoNetwork:
        """Return an environment's network: its own, or the project's."""
        return environment.overrides.network or self.spec.network

    @cached_property
    def sized(self) -> dict[object, object]:
        """What endpoints were sized to, so that each is sized once; see ``plan.serving``."""
        return {}

    def overrides(self, environment: EnvironmentSpec, model: ModelSpec) -> ModelOverrides:
        """Return what differs for a model in an environment."""
        return environment.overrides.models.get(model.name) or ModelOverrides()


def deployment_role(place: Place, project: str, engine: Engine) -> str:
    """Return the ARN of the role that makes a project's resources in an account.

    With CDK it is CloudFormation's, but for endpoints; with Pulumi it is the one of stage 0.
    """
    if engine == "pulumi":
        return direct_deployment_role_arn(place, project)
    return deployment_role_arn(place, bootstrap_qualifier(project))


def training_image(model: ModelSpec) -> str:
    """Return the image that trains and evaluates a model."""
    if model.training.image is None:
        raise ValueError(f"{model.name} has no training image; the spec admits no other way yet")
    return model.training.image


def serving_image(model: ModelSpec) -> str:
    """Return the image that serves a model: its own, or the one that trains."""
    own = model.serving.image if model.serving is not None else None
    return own or training_image(model)
