"""Decides stage 0: what an administrator makes once in an account, out of reach of deployments."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.plan.analyzer import plan_analyzer
from groundplan.blueprints.plan.bootstrap_roles import assumed_by_deployers, plan_bootstrap
from groundplan.blueprints.plan.boundary import plan_boundary
from groundplan.blueprints.plan.context import deployment_role
from groundplan.blueprints.plan.delivery_pipeline import PipelineTarget, plan_delivery_pipeline
from groundplan.blueprints.plan.deployment_policies import (
    DeploymentScope,
    HandlerDuty,
    assume_deployment_roles,
    deployer_trust,
    deployment_boundary,
    deployment_duties,
    direct_duties,
    environments,
    identity_provider,
    project_boundary,
    serving_duties,
)
from groundplan.blueprints.plan.deployment_policies.boundaries import JOB_LOG_GROUPS
from groundplan.blueprints.plan.encryption_key import EncryptionKeyPlan, plan_encryption_key
from groundplan.blueprints.plan.engine import Engine
from groundplan.blueprints.plan.guard_rail_statements import default_administrators
from groundplan.blueprints.plan.key_uses import logs_use
from groundplan.blueprints.plan.log_group import plan_log_group
from groundplan.blueprints.plan.names import Place, name
from groundplan.blueprints.plan.policy import (
    MANAGED_POLICIES_PER_ROLE,
    Condition,
)
from groundplan.blueprints.plan.role import (
    ManagedPolicyPlan,
    RolePlan,
    boundary_arn,
    deployer_arn,
    direct_deployment_role_arn,
    pack,
    pipeline_deployer_arn,
    plan_role,
    service_trust,
    serving_deployment_role_arn,
    stage_0_path,
)
from groundplan.blueprints.plan.stage_0_plan import (
    DEPLOYMENT,
    BoundaryPlan,
    Origin,
    Stage0Plan,
)
from groundplan.blueprints.plan.stage_0_template import template, template_hash
from groundplan.blueprints.plan.trail import plan_trail
from groundplan.blueprints.spec import DeliverySpec

__all__ = ["BoundaryPlan", "Stage0Plan", "plan_stage_0", "template", "template_hash"]


def plan_stage_0(
    *,
    project: str,
    place: Place,
    scopes: Sequence[str],
    endpoints: Sequence[tuple[str, str]] = (),
    networks: Sequence[str] | None = None,
    forwarding: Sequence[str] = (),
    scoring: Sequence[str] = (),
    batch: Sequence[str] = (),
    budgets: Sequence[str] = (),
    model_monitor: Sequence[tuple[str, str]] = (),
    mlflow: tuple[str, str] | None = None,
    components: Sequence[tuple[str, str]] = (),
    registry_account: str | None = None,
    engine: Engine = "cdk",
    organization_id: str | None = None,
    allowed_regions: Sequence[str] | None = None,
    permissions_boundary: str = "managed",
    delivery: DeliverySpec | None = None,
    pipeline_targets: Sequence[PipelineTarget] = (),
    oidc_provider: Origin = "create",
    log_groups: Origin = "create",
    log_retention_days: int = 365,
    analyzer: Origin = "create",
    audited_buckets: Sequence[str] | None = None,
    administrators: Sequence[str] | None = None,
    emails: Sequence[str] = (),
    tags: Mapping[str, str] | None = None,
) -> Stage0Plan:
    """Decide what an administrator makes once in an account.

    Args:
        project: Name of the project.
        place: Account and region.
        scopes: Stages in this account: ``tooling``, ``data``, ``data-KEY`` or environments.
        endpoints: Environment and model of each endpoint in this account.
        networks: Environments that have an isolated network of their own. Default: all of them.
        forwarding: Stages of datasets whose events start something elsewhere.
        scoring: Environments that score whole datasets.
        batch: Environments that have jobs of AWS Batch.
        budgets: Stages that hold budgets.
        model_monitor: Environment and model of each endpoint that Model Monitor watches.
        mlflow: Kind of what records training runs in this account, and its environment.
        components: Environment and model of each endpoint that scales to zero.
        registry_account: Account of the model registry. Default: this one if it holds the tooling,
            else any.
        engine: What deploys. With Pulumi one role deploys all of the account, endpoints included, and
            there is no CDK bootstrap.
        organization_id: Limits data, and who deploys, to this organisation. Default: not limited.
        allowed_regions: Regions that roles may use. Default: that of ``place``.
        permissions_boundary: ``managed`` makes one; otherwise the ARN of the organisation's own, in
            which ``*`` stands for the account.
        delivery: CI system that deploys. Default: the account's own roles do, by their permission to
            assume the bootstrap's roles.
        pipeline_targets: What CodePipeline deploys, in order, with which accounts; none with other CI.
        oidc_provider: Who makes the CI system's identity provider.
        log_groups: Who makes the log groups of SageMaker's jobs.
        log_retention_days: Days that the jobs' logs, and what alarms read of the trail, are kept.
        analyzer: Who makes the analyser of access from outside.
        audited_buckets: Buckets whose single objects the audit trail holds. Default: no trail.
        administrators: ARN patterns of the roles that read the trail. Default: those of
            :func:`~groundplan.blueprints.plan.guard_rail_statements.default_administrators`.
        emails: Addresses that the trail's alarms tell. Default: none.
        tags: Tags of the stack. Default: none.

    Raises:
        PlanError: If AWS would refuse a policy for its size, or a role for their number.
    """
    managed = permissions_boundary == "managed"
    own = boundary_arn(place, project)
    bounded_by = own if managed else permissions_boundary.replace("*", place.account)
    scope = DeploymentScope(
        project=project,
        place=place,
        scopes=tuple(scopes),
        boundary_arn=bounded_by,
        networks=environments(scopes) if networks is None else tuple(networks),
        forwarding=tuple(forwarding),
        scoring=tuple(scoring),
        batch=tuple(batch),
        budgets=tuple(budgets),
        model_monitor=tuple(model_monitor),
        mlflow=mlflow,
        components=tuple(components),
        registry_account=registry_account,
        engine=engine,
        pipeline_account=registry_account or place.account if pipeline_targets else None,
    )
    direct = engine == "pulumi"
    regions = tuple(allowed_regions or (place.region,))
    limit = plan_boundary(
        place, project, "deployment-boundary", "deployments",
        *deployment_boundary(scope, regions),
    )  # fmt: skip
    duties = direct_duties(scope, endpoints) if direct else deployment_duties(scope)
    policies = () if direct else _policies(project, duties)
    # With CodePipeline the roles of its builds deploy; other CI assumes a role of each account.
    ci = delivery if delivery is not None and delivery.ci != "codepipeline" else None
    builds = _pipeline_deployers(scope, pipeline_targets)
    deployers = _deployers(scope, ci is not None, builds, organization_id)
    serving = {
        _role_id(environment, model): serving_duties(scope, environment, model)
        for environment, model in (() if direct else endpoints)
    }
    groups = log_groups == "create"
    return Stage0Plan(
        project=project,
        engine=engine,
        place=place,
        stack_name=f"groundplan-stage-0-{project}",
        qualifier=scope.qualifier,
        scopes=scope.scopes,
        path=stage_0_path(project),
        boundary=plan_boundary(
            place, project, "boundary", "roles", *project_boundary(scope, regions, organization_id)
        )
        if managed
        else None,
        boundary_arn=bounded_by,
        deployment_boundary=limit,
        deployment_duties=duties,
        deployment_policies=policies,
        serving_duties=serving,
        roles=(
            *(
                _serving_role(scope, limit.arn, *endpoint, serving[_role_id(*endpoint)])
                for endpoint in (() if direct else endpoints)
            ),
            *((_direct_role(scope, limit.arn, deployers, duties),) if direct else ()),
            *((_deployer(scope, limit.arn, ci),) if ci is not None else ()),
        ),
        deployer_condition=deployers,
        bootstrap=None
        if direct
        else plan_bootstrap(
            scope,
            deployers=deployers,
            serving_roles=tuple(
                serving_deployment_role_arn(place, project, *endpoint) for endpoint in endpoints
            ),
            duties=tuple(item.duty for item in duties),
            policies=policies,
            permissions_boundary=limit.arn,
        ),
        oidc_provider=oidc_provider if ci is not None else None,
        identity_provider=identity_provider(ci) if ci is not None else None,
        log_key=_log_key(scope) if groups else None,
        log_groups=tuple(
            plan_log_group(
                id=group.rpartition("/")[2],
                name=group,
                place=place,
                encryption_key=EncryptionKeyPlan.ref("JobLogsKey"),
                retention_days=log_retention_days,
                retain=True,
            )
            for group in (JOB_LOG_GROUPS if groups else ())
        ),
        existing_log_groups=() if groups else JOB_LOG_GROUPS,
        analyzer=plan_analyzer(project=project, place=place) if analyzer == "create" else None,
        trail=plan_trail(
            project=project,
            place=place,
            deployment_role=deployment_role(place, project, engine),
            permissions_boundary=limit.arn,
            buckets=audited_buckets,
            administrators=administrators or default_administrators(place.partition),
            emails=emails,
            organization_id=organization_id,
            retention_days=log_retention_days,
        )
        if audited_buckets is not None
        else None,
        pipeline=plan_delivery_pipeline(
            project=project,
            place=place,
            delivery=delivery,
            targets=pipeline_targets,
            engine=engine,
            organization_id=organization_id,
            allowed_regions=regions,
            retention_days=log_retention_days,
            emails=emails,
        )
        if delivery is not None and pipeline_targets and scope.has_tooling
        else None,
        pipeline_deployers=builds,
        tags=dict(sorted((tags or {}).items())),
    )


def _policies(project: str, duties: Sequence[HandlerDuty]) -> tuple[ManagedPolicyPlan, ...]:
    policy_name = name("policy", project, "deployment")
    documents = pack(
        [item.duty.statement() for item in duties], spec_path="project", what=policy_name
    )
    if len(documents) > MANAGED_POLICIES_PER_ROLE:
        raise PlanError(
            "project",
            f"the role of deployments may have at most {MANAGED_POLICIES_PER_ROLE} policies",
            got=len(documents),
            fix="give the environments more accounts",
        )
    return tuple(
        ManagedPolicyPlan(
            id=f"DeploymentPolicy{index}", name=f"{policy_name}-{index}", document=document
        )
        for index, document in enumerate(documents, start=1)
    )


def _serving_role(
    scope: DeploymentScope,
    limit: str,
    environment: str,
    model: str,
    duties: Sequence[HandlerDuty],
) -> RolePlan:
    stack = name("stack", scope.project, environment, f"serving-{model}")
    arn = serving_deployment_role_arn(scope.place, scope.project, environment, model)
    return plan_role(
        id=_role_id(environment, model),
        role_name=arn.rpartition("/")[2],
        place=scope.place,
        path=stage_0_path(scope.project),
        description=f"Deploys the endpoint of {model} in {environment}",
        trust=service_trust(
            "cloudformation.amazonaws.com",
            scope.place,
            scope.place.arn("cloudformation", f"stack/{stack}/*"),
        ),
        duties=[item.duty for item in duties],
        permissions_boundary=limit,
        spec_path="models",
    )


def _direct_role(
    scope: DeploymentScope, limit: str, deployers: Condition, duties: Sequence[HandlerDuty]
) -> RolePlan:
    arn = direct_deployment_role_arn(scope.place, scope.project)
    return plan_role(
        id=DEPLOYMENT,
        role_name=arn.rpartition("/")[2],
        place=scope.place,
        path=stage_0_path(scope.project),
        description=f"Deploys {scope.project} by Pulumi",
        trust=assumed_by_deployers(scope, deployers),
        duties=[item.duty for item in duties],
        permissions_boundary=limit,
        spec_path="project",
    )


def _deployer(scope: DeploymentScope, limit: str, delivery: DeliverySpec) -> RolePlan:
    return plan_role(
        id="Deployer",
        role_name=deployer_arn(scope.place, scope.project).rpartition("/")[2],
        place=scope.place,
        path=stage_0_path(scope.project),
        description=f"Deploys {scope.project} from {delivery.repository}",
        trust=deployer_trust(scope, delivery),
        duties=(assume_deployment_roles(scope),),
        permissions_boundary=limit,
        spec_path="delivery",
    )


def _pipeline_deployers(
    scope: DeploymentScope, targets: Sequence[PipelineTarget]
) -> tuple[str, ...]:
    """Return the roles of CodePipeline's builds that deploy some stage of the account."""
    if scope.pipeline_account is None:
        return ()
    tooling = replace(scope.place, account=scope.pipeline_account)
    return tuple(
        pipeline_deployer_arn(tooling, scope.project, target.name)
        for target in targets
        if set(target.stages) & set(scope.scopes)
    )


def _deployers(
    scope: DeploymentScope, ci: bool, builds: Sequence[str], organization_id: str | None
) -> Condition:
    condition: dict[str, dict[str, str | list[str]]] = {}
    if builds:
        condition["ArnEquals"] = {"aws:PrincipalArn": list(builds)}
    elif ci:
        deployer = deployer_arn(scope.place, scope.project)
        condition["ArnEquals"] = {"aws:PrincipalArn": deployer}
    else:
        own = [scope.roles, *scope.stage_0_resources[1:]]
        condition["ArnLike"] = {"aws:PrincipalArn": scope.place.iam_arn("role/*")}
        condition["ArnNotLike"] = {"aws:PrincipalArn": own}
    if organization_id is not None:
        condition["StringEquals"] = {"aws:PrincipalOrgID": organization_id}
    return condition


def _log_key(scope: DeploymentScope) -> EncryptionKeyPlan:
    arns = [scope.place.arn("logs", f"log-group:{group}") for group in JOB_LOG_GROUPS]
    return plan_encryption_key(
        id="JobLogsKey",
        alias=f"groundplan-stage-0-{scope.project}",
        place=scope.place,
        description=f"Logs of SageMaker's jobs, made by stage 0 of {scope.project}",
        services=(logs_use(scope.place, arns),),
        retain=True,
    )


def _role_id(environment: str, model: str) -> str:
    words = f"{environment}-{model}".split("-")
    return f"Deploy{''.join(word.capitalize() for word in words)}"
