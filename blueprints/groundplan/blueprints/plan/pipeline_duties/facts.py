"""What the duties of a step follow from besides its own fields."""

from collections.abc import Mapping
from dataclasses import dataclass

from groundplan.blueprints.plan.duties import ENCRYPT
from groundplan.blueprints.plan.encryption_key import key_duty, via
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.role import Duty

HELD = {"dynamodb": "Items", "s3": "Objects", "sns": "Messages", "sqs": "Messages", "ssm": "Values"}
"""What a service holds, in the ids of the duties to use its key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineFacts:
    """Where a pipeline runs, and what encrypts what it touches."""

    place: Place
    """Account and region of the state machine."""

    keys: Mapping[str, str]
    """ARN of the key's alias by ARN of the bucket, topic, queue or table that it encrypts."""

    registries: tuple[str, ...] = ()
    """ARNs of the model package groups whose versions steps read that name a version only."""

    models: tuple[str, ...] = ()
    """Names of the models that steps are about, where they name none."""

    spec_path: str = "pipelines"
    """Place in the spec that errors name."""

    def decrypt(self, resource_arn: str, service: str) -> tuple[Duty, ...]:
        """Return the duty to decrypt what ``service`` reads for the machine, if it is encrypted."""
        return self._use("Decrypt", resource_arn, service, ("kms:Decrypt",), "is read")

    def encrypt(self, resource_arn: str, service: str) -> tuple[Duty, ...]:
        """Return the duty to encrypt what ``service`` takes from the machine, if it is encrypted."""
        return self._use("Encrypt", resource_arn, service, ENCRYPT, "is written")

    def _use(
        self, verb: str, resource_arn: str, service: str, actions: tuple[str, ...], how: str
    ) -> tuple[Duty, ...]:
        alias = self.keys.get(resource_arn)
        if alias is None:
            return ()
        return (
            key_duty(
                f"{verb}{HELD[service]}",
                alias,
                actions,
                reason=f"what {how} is encrypted under a key of the project",
                condition=via(service, self.place.region),
            ),
        )

    def bucket(self, bucket: str) -> str:
        """Return the ARN of a bucket."""
        return self.place.bucket_arn(bucket)

    def sagemaker(self, kind: str, pattern: str) -> str:
        """Return the ARN of a SageMaker resource of this account, such as ``training-job``."""
        return self.place.arn("sagemaker", f"{kind}/{pattern}")


def versions(group_arn: str) -> tuple[str, str]:
    """Return the ARN of a model package group and the pattern of its versions."""
    return group_arn, group_arn.replace(":model-package-group/", ":model-package/") + "/*"
