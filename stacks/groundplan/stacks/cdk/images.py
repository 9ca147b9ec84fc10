"""Stack of the builds of the project's images, in the tooling account."""

from pathlib import Path

from aws_cdk import IgnoreMode
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from groundplan import pipelines
from groundplan.blueprints.plan.image_build import OWN_CONTEXT
from groundplan.blueprints.plan.stacks import ImagesStackPlan
from groundplan.constructs.cdk import ImageBuild
from groundplan.constructs.errors import ConstructError
from groundplan.stacks.cdk.stack import PlannedStack

EXCLUDED = ["__pycache__", "*.pyc", ".*"]
"""What is no part of an image's source: it differs from machine to machine."""


def context_directory(context: str, sources: Path) -> Path:
    """Return where the context of an image is: beside the spec, or in groundplan itself."""
    if context.startswith(OWN_CONTEXT):
        return Path(pipelines.__file__).parent / context.removeprefix(OWN_CONTEXT)
    return sources / context


class ImagesStack(PlannedStack):
    """Defines the images stack."""

    def __init__(
        self, scope: Construct, *, plan: ImagesStackPlan, qualifier: str, sources: Path
    ) -> None:
        """Define the stack.

        Args:
            scope: Stage of the stack.
            plan: What to define.
            qualifier: CDK bootstrap qualifier of the project.
            sources: Directory that the images' contexts are relative to.

        Raises:
            ConstructError: If the context of an image is no directory.
        """
        super().__init__(scope, plan=plan.stack, qualifier=qualifier)
        for build in plan.builds:
            context = context_directory(build.context, sources)
            if not context.is_dir():
                raise ConstructError(
                    f"images.{build.id}.context",
                    "must be a directory beside the spec",
                    got=build.context,
                    fix="create it, or correct the context",
                )
            source = s3_assets.Asset(
                self,
                f"{build.id}Source",
                path=str(context),
                exclude=EXCLUDED,
                ignore_mode=IgnoreMode.GIT,
                display_name=build.id,
            )
            ImageBuild(self, build.id, plan=build, source=source)
