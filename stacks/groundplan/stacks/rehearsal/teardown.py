"""Deletes everything; what remains must be exactly what the plan retains."""

from collections.abc import Iterator

from groundplan.blueprints.plan.data_bucket import DataBucketPlan
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.stacks import (
    AnyStackPlan,
    DataStateStackPlan,
    RegistryStackPlan,
    StateStackPlan,
)
from groundplan.stacks.rehearsal.report import Phase
from groundplan.stacks.rehearsal.world import World


def tear_down(world: World) -> Phase:
    """Lift the protection, destroy every stack, and compare what is left with the plan."""
    for stack in world.stacks():
        _empty_stack(world, stack)
    problems = world.deployer.destroy(world)
    problems += [*world.deployer.leftovers(world), *_buckets(world), *_other_state(world)]
    kept = sum(bucket.retain for stack in world.stacks() for bucket in _bucket_plans(stack))
    return Phase(
        name="teardown",
        detail=f"what remains is what the plan retains, {kept} buckets among it",
        problems=tuple(problems),
    )


def _empty_stack(world: World, stack: AnyStackPlan) -> None:
    """Empty what is to go with the stack, and lift the protection that the services know."""
    head = stack.stack
    if isinstance(stack, StateStackPlan) and stack.locks.deletion_protection:
        world.client("dynamodb", head.place).update_table(
            TableName=stack.locks.name, DeletionProtectionEnabled=False
        )
    doomed = [bucket.name for bucket in _bucket_plans(stack) if not bucket.retain]
    for bucket in doomed:  # else emptying one bucket fills the one that it logs to
        world.client("s3", head.place).put_bucket_logging(Bucket=bucket, BucketLoggingStatus={})
    for bucket in doomed:
        _empty(world, head.place, bucket)
    if isinstance(stack, RegistryStackPlan):
        for repository in stack.repositories:
            if not repository.retain:
                _drop_images(world, head.place, repository.name)
        for registry in stack.registries:
            if not registry.retain:
                _drop_versions(world, head.place, registry.name)


def _bucket_plans(stack: AnyStackPlan) -> Iterator[DataBucketPlan]:
    match stack:
        case RegistryStackPlan():
            yield from (stack.access_logs, stack.artifacts)
        case DataStateStackPlan():
            yield stack.access_logs
            yield from (dataset.bucket for dataset in stack.datasets)
        case StateStackPlan():
            yield from (stack.access_logs, stack.work)
        case _:
            pass


def _empty(world: World, place: Place, bucket: str) -> None:
    s3 = world.client("s3", place)
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for item in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
            s3.delete_object(Bucket=bucket, Key=item["Key"], VersionId=item["VersionId"])


def _drop_images(world: World, place: Place, repository: str) -> None:
    registry = world.client("ecr", place)
    images = registry.list_images(repositoryName=repository)["imageIds"]
    if images:
        registry.batch_delete_image(repositoryName=repository, imageIds=images)


def _drop_versions(world: World, place: Place, group: str) -> None:
    sagemaker = world.client("sagemaker", place)
    listed = sagemaker.list_model_packages(ModelPackageGroupName=group)
    for item in listed["ModelPackageSummaryList"]:
        sagemaker.delete_model_package(ModelPackageName=item["ModelPackageArn"])


def _buckets(world: World) -> Iterator[str]:
    for stack in world.stacks():
        here = world.client("s3", stack.stack.place).list_buckets()["Buckets"]
        names = {bucket["Name"] for bucket in here}
        for bucket in _bucket_plans(stack):
            if bucket.retain != (bucket.name in names):
                wanted = "remain" if bucket.retain else "be gone"
                yield f"{bucket.name}: must {wanted}, got the opposite"


def _other_state(world: World) -> Iterator[str]:
    for stack in world.stacks():
        place = stack.stack.place
        if isinstance(stack, RegistryStackPlan):
            pages = world.client("ecr", place).describe_repositories()["repositories"]
            found = {item["repositoryName"] for item in pages}
            for repository in stack.repositories:
                if repository.retain != (repository.name in found):
                    yield f"{repository.name}: repository must follow its retention {repository.retain}"
            groups = world.client("sagemaker", place).list_model_package_groups()
            kept = {
                item["ModelPackageGroupName"] for item in groups["ModelPackageGroupSummaryList"]
            }
            for registry in stack.registries:
                if registry.retain != (registry.name in kept):
                    yield f"{registry.name}: group must follow its retention {registry.retain}"
    for place in world.plan.places():
        for table in world.client("dynamodb", place).list_tables()["TableNames"]:
            yield f"{table}: table must be gone, got one"
        endpoints = world.client("sagemaker", place).list_endpoints()["Endpoints"]
        for endpoint in endpoints:
            yield f"{endpoint['EndpointName']}: endpoint must be gone, got InService"
        roles = world.client("iam", place).list_roles(
            PathPrefix=f"/groundplan/{world.plan.project}/"
        )
        for role in roles["Roles"]:
            yield f"{role['RoleName']}: role must be gone, got one"
