"""Spec of a whole project."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, PrivateAttr, model_validator
from pydantic_core import PydanticCustomError

from groundplan.blueprints.errors import InputError
from groundplan.blueprints.spec.base import (
    ORGANIZATION_ID,
    AccountId,
    AccountKey,
    Email,
    ProjectName,
    SpecModel,
)
from groundplan.blueprints.spec.cost import CostSpec
from groundplan.blueprints.spec.dataset import DatasetSpec
from groundplan.blueprints.spec.delivery import DeliverySpec
from groundplan.blueprints.spec.environment import EnvironmentSpec
from groundplan.blueprints.spec.governance import GovernanceSpec
from groundplan.blueprints.spec.image import ImageSpec
from groundplan.blueprints.spec.model import ModelSpec
from groundplan.blueprints.spec.network import IsolatedNetwork, NetworkSpec
from groundplan.blueprints.spec.pipelines import PipelinesSpec
from groundplan.blueprints.spec.rules import check_rules
from groundplan.blueprints.spec.tracking import TrackingSpec


class ProjectSpec(SpecModel):
    """A whole project: what is wanted, on which accounts."""

    version: Literal[1] = 1
    """Version of the spec's form. Default: 1."""

    project: ProjectName
    """Stable name; part of the name of everything."""

    organization: ProjectName
    """Name of the organisation; a tag of everything."""

    owner: Email | None = None
    """Who answers for the project and is told of alarms. Default: nobody is told."""

    organization_id: Annotated[str, Field(pattern=ORGANIZATION_ID)] | None = None
    """AWS organisation; closes buckets and registries to everybody else. Default: not known."""

    accounts: Annotated[dict[AccountKey, AccountId], Field(min_length=1)]
    """Account ids by key. ``tooling`` and ``data`` default to the training environment's account."""

    environments: Annotated[tuple[EnvironmentSpec, ...], Field(min_length=1)]
    """Where models are trained and served."""

    network: NetworkSpec = Field(default_factory=IsolatedNetwork)
    """Network of every environment. Default: isolated, one for each."""

    datasets: Annotated[tuple[DatasetSpec, ...], Field(min_length=1)]
    """Data that models are trained on."""

    images: tuple[ImageSpec, ...] = ()
    """Images that differ from the defaults of :class:`ImageSpec`. Default: none."""

    models: Annotated[tuple[ModelSpec, ...], Field(min_length=1)]
    """Models of the project."""

    pipelines: PipelinesSpec = Field(default_factory=PipelinesSpec)
    """What runs and starts training. Default: as :class:`PipelinesSpec` says."""

    tracking: TrackingSpec = Field(default_factory=TrackingSpec)
    """Where training runs are recorded. Default: only in the pipeline's own history."""

    delivery: DeliverySpec | None = None
    """The CI system that deploys. Default: none, people do."""

    governance: GovernanceSpec = Field(default_factory=GovernanceSpec)
    """Rules for everything in the project. Default: as :class:`GovernanceSpec` says."""

    cost: CostSpec | None = None
    """What the project may cost. Default: no budget."""

    _files: Mapping[str, str] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _keep_rules(self) -> Self:
        if findings := list(check_rules(self)):
            text = "\n".join(map(str, findings))
            context = {"text": text, "findings": findings}
            raise PydanticCustomError("groundplan_rules", "{text}", context)
        return self

    @property
    def training_environment(self) -> EnvironmentSpec:
        """The environment that trains: the one that says so, or the only one."""
        return next((e for e in self.environments if e.trains), self.environments[0])

    def account_id(self, key: str) -> str:
        """Return the id of the account called ``key``.

        ``tooling`` and ``data`` fall back to the training environment's account.
        """
        if key in ("tooling", "data") and key not in self.accounts:
            key = self.training_environment.account
        return self.accounts[key]

    def image(self, name: str) -> ImageSpec:
        """Return the image of a name; one that nobody declared has all defaults."""
        return next((item for item in self.images if item.name == name), ImageSpec(name=name))

    @property
    def files(self) -> Mapping[str, str]:
        """Text of the files that the spec names, by their names in it, as far as it came with them."""
        return self._files

    def with_files(self, files: Mapping[str, str]) -> Self:
        """Return the spec with the text of the files that it names, by their names in it.

        ``load_spec`` reads them from beside the spec, so that planning reads no file. They are no
        part of the spec's dump.
        """
        found = self.model_copy()
        found._files = dict(files)
        return found

    def read_file(self, name: str) -> str:
        """Return the text of a file that the spec names.

        Raises:
            InputError: If the spec does not come with its files.
        """
        if name not in self._files:
            raise InputError(
                name,
                "the spec names this file, but was read without the directory that it is in",
                got=None,
                fix="read the spec with load_spec, give the text to with_files, or list the hours "
                "in 'traffic.rps'",
            )
        return self._files[name]
