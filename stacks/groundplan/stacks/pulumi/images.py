"""Stack of the builds of the project's images, in the tooling account."""

from collections.abc import Sequence
from pathlib import Path

import pulumi
import pulumi_aws as aws

from groundplan.blueprints.plan.stacks import ImagesStackPlan
from groundplan.constructs.pulumi import DataBucket, ImageBuild, ImageBuildArgs
from groundplan.stacks.pulumi.stack import PlannedStack
from groundplan.stacks.sources import source_directory, source_files, source_hash

HASH_CHARACTERS = 32


class ImagesStack(PlannedStack):
    """Defines the images stack: each source in the artifact bucket, and the build that its arrival starts."""

    def __init__(
        self,
        plan: ImagesStackPlan,
        provider: aws.Provider | None = None,
        after: Sequence[PlannedStack] = (),
        *,
        artifacts: DataBucket,
        sources: Path,
    ) -> None:
        """Define the stack.

        Args:
            plan: What to define.
            provider: Provider of its account.
            after: What is deployed before.
            artifacts: Bucket that the sources go to.
            sources: Directory that the images' contexts are relative to.

        Raises:
            ConstructError: If the context of an image is no directory.
        """
        super().__init__(plan.stack, provider, after)
        for item in plan.builds:
            directory = source_directory(item, sources)
            key = f"{item.source_prefix or ''}{source_hash(directory)[:HASH_CHARACTERS]}.zip"
            args = ImageBuildArgs(plan=item, source_bucket=artifacts.bucket, source_key=key)
            build = ImageBuild(self.unit_name(item.id), args, self.unit(artifacts))
            # Last, since its arrival starts the build. It stays, since no deployment deletes an object.
            options = self.unit(build)
            options.retain_on_delete = True
            aws.s3.BucketObjectv2(
                self.unit_name(f"{item.id}Source"),
                bucket=artifacts.bucket,
                key=key,
                source=pulumi.AssetArchive(
                    {
                        name: pulumi.FileAsset(str(path))
                        for name, path in source_files(directory).items()
                    }
                ),
                opts=options,
            )
        self.register_outputs({})
