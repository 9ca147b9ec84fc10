"""Decides a whole project: every account, stack and resource, from the spec alone."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.plan.access import Access, every
from groundplan.blueprints.plan.audited import audited_buckets
from groundplan.blueprints.plan.budgets import budget_stacks
from groundplan.blueprints.plan.context import (
    DATA,
    STAGE_0,
    TOOLING,
    Context,
    deployment_role,
)
from groundplan.blueprints.plan.data import data_scopes, data_stacks, plan_data
from groundplan.blueprints.plan.delivery_targets import pipeline_targets
from groundplan.blueprints.plan.deployment_policies import identity_provider
from groundplan.blueprints.plan.engine import Engine
from groundplan.blueprints.plan.environment import environment_stacks, plan_environment
from groundplan.blueprints.plan.guard_rail_statements import default_administrators
from groundplan.blueprints.plan.guard_rails import (
    GuardRailScope,
    GuardRailsPlan,
    plan_guard_rails,
)
from groundplan.blueprints.plan.model_monitor import watched_by_model_monitor
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.ref import canonical_json
from groundplan.blueprints.plan.role import RolePlan, bootstrap_qualifier
from groundplan.blueprints.plan.scoring import scored_models, uses_batch
from groundplan.blueprints.plan.serving import scales_to_zero
from groundplan.blueprints.plan.stacks import AnyStackPlan, StagePlan, StateStackPlan
from groundplan.blueprints.plan.stage_0 import Stage0Plan, plan_stage_0
from groundplan.blueprints.plan.state import state_roles
from groundplan.blueprints.plan.tooling import plan_tooling, tooling_stacks
from groundplan.blueprints.plan.tracking import recorded
from groundplan.blueprints.spec import IsolatedNetwork, ProjectSpec
from groundplan.pipelines import Pipeline

OBJECT_TAGS = 10
"""Most tags of an object in S3."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A project, decided: nothing is left for an engine to choose."""

    project: str
    """Name of the project."""

    engine: Engine
    """What deploys the plan: where this matters, the plan differs."""

    qualifier: str
    """CDK bootstrap qualifier of the project."""

    stage_0: tuple[Stage0Plan, ...]
    """What an administrator makes once in each account, sorted by account."""

    guard_rails: GuardRailsPlan | None
    """What the organisation's management account attaches to the accounts; ``None`` if not wanted."""

    stages: tuple[StagePlan, ...]
    """Tooling, data and the environments, in an order in which they can be deployed."""

    def stacks(self) -> Iterator[AnyStackPlan]:
        """Yield every stack, in an order in which they can be deployed."""
        for stage in self.stages:
            yield from stage.stacks

    def places(self) -> tuple[Place, ...]:
        """Return the accounts, sorted."""
        return tuple(item.place for item in self.stage_0)

    def parts(self) -> dict[str, tuple[StagePlan, ...]]:
        """Return the stages that are deployed together, in an order in which they can be.

        ``tooling`` holds those of tooling and data, every environment is a part of its own.
        """
        parts: dict[str, tuple[StagePlan, ...]] = {}
        for stage in self.stages:
            part = stage.id if isinstance(stage.stacks[0], StateStackPlan) else TOOLING
            parts[part] = (*parts.get(part, ()), stage)
        return parts

    def deployment_role_arn(self, place: Place) -> str:
        """Return the ARN of the role in an account that makes all but endpoints, or with Pulumi all.

        With CDK it is CloudFormation's role of the bootstrap. With Pulumi it is the role that stage 0
        makes, which a provider assumes.
        """
        return deployment_role(place, self.project, self.engine)

    def canonical_json(self) -> str:
        """Return the one text form of the plan."""
        return canonical_json(self)


def plan(
    spec: ProjectSpec,
    *,
    edit: Callable[[Pipeline], Pipeline] | None = None,
    engine: Engine = "cdk",
) -> Plan:
    """Decide how ``spec`` is realised.

    Pure: reads no clock, environment variable, file or AWS API.

    Args:
        spec: What is wanted.
        edit: Receives each standard pipeline, known by its name, and returns it with steps of one's
            own. The roles of state machines follow. Default: pipelines stay as they are.
        engine: What deploys the plan. Releases, the roles that deploy and what starts the builds of
            images differ.

    Raises:
        PlanError: If AWS would refuse something, with the place in the spec.
    """
    context = Context(spec, edit, engine)
    _check(spec)
    if engine == "pulumi":
        _check_pulumi(context)
    scopes = _scopes(context)
    budgets = {scope: (stack,) for scope, stack in budget_stacks(context, scopes).items()}
    stage_0 = _stage_0(context, scopes, tuple(budgets))
    tooling = (*tooling_stacks(context), *budgets.get(TOOLING, ()))
    data = {
        scope: (*data_stacks(context, scope), *budgets.get(scope, ()))
        for scope in data_scopes(context)
    }
    environments = [
        (
            item,
            (*environment_stacks(context, item), *budgets.get(item.name, ())),
            state_roles(context, item, scopes[item.name]),
        )
        for item in spec.environments
    ]
    access = Access(roles=tuple(every((environments, tooling, data, stage_0), RolePlan)))
    return Plan(
        project=spec.project,
        engine=engine,
        qualifier=bootstrap_qualifier(spec.project),
        stage_0=stage_0,
        guard_rails=_guard_rails(context, stage_0),
        stages=(
            plan_tooling(context, tooling, access),
            *(plan_data(context, scope, stacks, access) for scope, stacks in data.items()),
            *(
                plan_environment(context, item, stacks, roles, access)
                for item, stacks, roles in environments
            ),
        ),
    )


def _scopes(context: Context) -> dict[str, Place]:
    """Return the account of each stage, in the order in which stages are planned."""
    data = data_scopes(context)
    return {
        TOOLING: context.tooling,
        **{scope: context.place(datasets[0].account) for scope, datasets in data.items()},
        **{item.name: context.place(item.account) for item in context.spec.environments},
    }


def _check(spec: ProjectSpec) -> None:
    region = spec.training_environment.region
    for index, environment in enumerate(spec.environments):
        if environment.region != region:
            raise PlanError(
                f"environments[{index}].region",
                f"all environments must be in one region, {region}, since SageMaker loads images "
                "and models from its own region",
                got=environment.region,
                fix=f"use {region}, or a project a region",
            )
        if environment.name in (TOOLING, DATA, STAGE_0) or environment.name.startswith(f"{DATA}-"):
            raise PlanError(
                f"environments[{index}].name",
                "names a part of the project that is no environment",
                got=environment.name,
                fix="choose another name",
            )


def _check_pulumi(context: Context) -> None:
    """Refuse what only CDK can deploy: inference components, and sources of images with many tags.

    The AWS provider cannot make the former, and S3 gives an object no more tags (Amazon S3 User Guide,
    "Categorizing your objects using tags", 2026-11).
    """
    tags = context.tags(TOOLING)
    if len(tags) > OBJECT_TAGS:
        asked = len(context.spec.governance.tags)
        raise PlanError(
            "governance.tags",
            f"Pulumi tags the sources of images, which are objects and have at most {OBJECT_TAGS}",
            got=f"{asked} and {len(tags) - asked} of groundplan's own",
            fix=f"use at most {OBJECT_TAGS - len(tags) + asked}",
        )
    for index, environment in enumerate(context.spec.environments):
        for number, model in enumerate(context.spec.models):
            if model not in context.served() or not scales_to_zero(context, environment, model):
                continue
            own = context.overrides(environment, model).allow_errors_while_waking
            where = f"environments[{index}].overrides.models.{model.name}"
            raise PlanError(
                f"models[{number}].serving.sizing.allow_errors_while_waking"
                if own is None
                else f"{where}.allow_errors_while_waking",
                "an endpoint that scales to zero is an inference component, which Pulumi's AWS "
                "provider cannot make",
                got=True,
                fix="remove it, or deploy with CDK",
            )


def _guard_rails(context: Context, stage_0: tuple[Stage0Plan, ...]) -> GuardRailsPlan | None:
    spec = context.spec
    wanted = spec.governance.service_control_policies
    if not (spec.organization_id is not None if wanted is None else wanted):
        return None
    partition = context.tooling.partition
    return plan_guard_rails(
        GuardRailScope(
            project=spec.project,
            partition=partition,
            region=context.region,
            accounts=tuple(item.place.account for item in stage_0),
            allowed_regions=spec.governance.allowed_regions or (context.region,),
            administrators=spec.governance.administrators or default_administrators(partition),
            issuer=identity_provider(spec.delivery).issuer
            if spec.delivery is not None and spec.delivery.ci != "codepipeline"
            else None,
            engine=context.engine,
        )
    )


def _stage_0(
    context: Context, scopes: Mapping[str, Place], budgets: tuple[str, ...]
) -> tuple[Stage0Plan, ...]:
    spec = context.spec
    once = spec.governance.once_per_account
    found = {}
    for place in {place.account: place for place in scopes.values()}.values():
        here = [
            item for item in spec.environments if spec.account_id(item.account) == place.account
        ]
        keys = [key for key, account in spec.accounts.items() if account == place.account]
        own = [once.accounts[key] for key in keys if key in once.accounts]
        provider = next((o.oidc_provider for o in own if o.oidc_provider), once.oidc_provider)
        groups = next((o.log_groups for o in own if o.log_groups), once.log_groups)
        analyzer = next((o.analyzer for o in own if o.analyzer), once.analyzer)
        found[place.account] = plan_stage_0(
            project=spec.project,
            place=place,
            scopes=tuple(scope for scope, where in scopes.items() if where == place),
            endpoints=tuple(
                (environment.name, model.name) for environment in here for model in context.served()
            ),
            networks=tuple(
                item.name for item in here if isinstance(context.network(item), IsolatedNetwork)
            ),
            scoring=tuple(item.name for item in here if scored_models(context, item)),
            batch=tuple(item.name for item in here if uses_batch(context, item)),
            model_monitor=tuple(
                (item.name, model.name)
                for item in here
                for model, _ in watched_by_model_monitor(context, item)
            ),
            mlflow=recorded(context) if context.training in here else None,
            registry_account=context.tooling.account,
            engine=context.engine,
            components=tuple(
                (item.name, model.name)
                for item in here
                for model in context.served()
                if scales_to_zero(context, item, model)
            ),
            forwarding=tuple(
                scope
                for scope in data_scopes(context)
                if scopes[scope] == place and data_stacks(context, scope)
            ),
            budgets=tuple(scope for scope in budgets if scopes[scope] == place),
            organization_id=spec.organization_id,
            allowed_regions=spec.governance.allowed_regions or (context.region,),
            permissions_boundary=spec.governance.permissions_boundary,
            delivery=spec.delivery,
            pipeline_targets=pipeline_targets(context, scopes),
            oidc_provider=provider,
            log_groups=groups,
            log_retention_days=spec.governance.log_retention_days,
            analyzer=analyzer,
            audited_buckets=audited_buckets(context, place),
            administrators=spec.governance.administrators,
            emails=(spec.owner,) if spec.owner is not None else (),
            tags=context.tags(STAGE_0),
        )
    return tuple(found[account] for account in sorted(found))
