"""Stack of the builds of the project's images, in the tooling account."""

from pathlib import Path

from aws_cdk import IgnoreMode
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from groundplan.blueprints.plan.stacks import ImagesStackPlan
from groundplan.constructs.cdk import ImageBuild
from groundplan.stacks.cdk.stack import PlannedStack
from groundplan.stacks.sources import EXCLUDED, source_directory


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
            source = s3_assets.Asset(
                self,
                f"{build.id}Source",
                path=str(source_directory(build, sources)),
                exclude=EXCLUDED,
                ignore_mode=IgnoreMode.GIT,
                display_name=build.id,
            )
            ImageBuild(self, build.id, plan=build, source=source)
