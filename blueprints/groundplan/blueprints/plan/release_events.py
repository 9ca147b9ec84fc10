"""Decides how the news of a model travels: from the registry, from environment to environment.

The registry's event reaches the development environments and the first one of the chain. Staging
environments come first, then production, each in the order of the spec; each starts by the success
of the one before it. Only buses receive events of other accounts, so each rule either forwards to a
bus or starts a state machine of its own account.
"""

from groundplan.blueprints.plan.context import TOOLING, Context
from groundplan.blueprints.plan.event_rule import (
    EventRulePlan,
    plan_event_rule,
    plan_rule_role,
    rule_arn,
)
from groundplan.blueprints.plan.names import Place, camel, name
from groundplan.blueprints.plan.ref import Json
from groundplan.blueprints.spec import EnvironmentSpec, ModelSpec

RELEASE_SUCCEEDED = "Release Succeeded"
"""What a release machine announces when the endpoint is proved to serve the version."""
VERSION_CHANGED = "SageMaker Model Package State Change"
"""What SageMaker announces when a version is registered or changed."""
CHAIN_STAGES = ("staging", "production")


def release_chain(context: Context) -> tuple[EnvironmentSpec, ...]:
    """Return the environments that a version passes through, in order."""
    if not context.served():
        return ()
    return tuple(
        environment
        for stage in CHAIN_STAGES
        for environment in context.spec.environments
        if environment.stage == stage
    )


def told_by_registry(context: Context) -> tuple[EnvironmentSpec, ...]:
    """Return the environments that the registry's event starts releases in."""
    if not context.served():
        return ()
    development = (item for item in context.spec.environments if item.stage == "development")
    return (*development, *release_chain(context)[:1])


def approved_pattern(context: Context, models: tuple[ModelSpec, ...]) -> Json:
    """Return the pattern of the event that a version of one of the models is approved.

    Any other change of an approved version, such as of its life cycle, repeats its status; it must
    not release an old version again. The field that names the changes is not there when a version
    is registered.
    """
    return {
        "source": ["aws.sagemaker"],
        "detail-type": [VERSION_CHANGED],
        "account": [context.tooling.account],
        "detail": {
            "ModelPackageGroupName": [context.registry_name(model.name) for model in models],
            "ModelApprovalStatus": ["Approved"],
            "UpdatedModelPackageFields": ["ModelApprovalStatus", {"exists": False}],
        },
    }


def succeeded_pattern(
    context: Context, environment: EnvironmentSpec, models: tuple[ModelSpec, ...]
) -> Json:
    """Return the pattern of the event that a release to ``environment`` has succeeded.

    An emergency goes to the environment that it was started in and no further.
    """
    return {
        "source": [context.event_source],
        "detail-type": [RELEASE_SUCCEEDED],
        "account": [context.place(environment.account).account],
        "detail": {
            "environment": [environment.name],
            "model": [model.name for model in models],
            "emergency": ["no"],
        },
    }


def delivery_rules(context: Context, queue_arn: str) -> tuple[EventRulePlan, ...]:
    """Return the rules that take the registry's events to the buses of environments."""
    return tuple(
        project_rule(
            context,
            context.tooling,
            TOOLING,
            ("approved", environment.name),
            f"Tells {environment.name} of approved versions",
            approved_pattern(context, context.served()),
            context.event_bus_arn(environment),
            queue_arn,
        )
        for environment in told_by_registry(context)
    )


def release_rules(
    context: Context, environment: EnvironmentSpec, machine_arn: str, queue_arn: str
) -> tuple[EventRulePlan, ...]:
    """Return the rules of an environment's bus: one an endpoint, and one to the next environment."""
    place = context.place(environment.account)
    chain = release_chain(context)
    index = chain.index(environment) if environment in chain else 0
    rules = []
    for model in context.served():
        if index == 0:
            pattern = approved_pattern(context, (model,))
            version = "$.detail.ModelPackageArn"
        else:
            pattern = succeeded_pattern(context, chain[index - 1], (model,))
            version = "$.detail.model_package_arn"
        rules.append(
            project_rule(
                context,
                place,
                environment.name,
                (model.name, "release"),
                f"Releases approved versions of {model.name} to {environment.name}",
                pattern,
                machine_arn,
                queue_arn,
                bus_name=context.event_bus_name(environment),
                input={"model": model.name, "version": version},
            )
        )
    if environment in chain[:-1]:
        following = chain[index + 1]
        rules.append(
            project_rule(
                context,
                place,
                environment.name,
                ("released", following.name),
                f"Tells {following.name} of releases to {environment.name}",
                succeeded_pattern(context, environment, context.served()),
                context.event_bus_arn(following),
                queue_arn,
                bus_name=context.event_bus_name(environment),
            )
        )
    return tuple(rules)


def project_rule(
    context: Context,
    place: Place,
    scope: str,
    purpose: tuple[str, ...],
    description: str,
    pattern: Json,
    target_arn: str,
    queue_arn: str,
    *,
    bus_name: str | None = None,
    input: dict[str, str] | None = None,
) -> EventRulePlan:
    """Decide a rule of the project, with names and a role of its own."""
    rule_name = name("rule", context.project, scope, *purpose)
    return plan_event_rule(
        id=f"{camel('-'.join(purpose))}Rule",
        name=rule_name,
        place=place,
        description=description,
        event_pattern=pattern,
        target_arn=target_arn,
        role=plan_rule_role(
            rule=rule_arn(place, rule_name, bus_name),
            role_name=context.role_name(scope, *purpose, "rule"),
            place=place,
            project=context.project,
            target_arn=target_arn,
            permissions_boundary=context.boundary(place),
            description=description,
        ),
        dead_letter_queue_arn=queue_arn,
        bus_name=bus_name,
        input=input,
    )
