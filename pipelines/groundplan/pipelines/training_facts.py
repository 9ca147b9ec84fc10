"""What the steps of the standard training pipeline know of each other."""

from groundplan.pipelines.steps import Condition
from groundplan.pipelines.values import TextOutput

NEW = Condition(output=TextOutput("known", "known"), comparison="equals", value="no")
REUSED = Condition(output=TextOutput("known", "known"), comparison="equals", value="yes")
HAS_CHAMPION = Condition(output=TextOutput("incumbent", "known"), comparison="equals", value="yes")

FINGERPRINT = TextOutput("fingerprint", "value")
VERSION = TextOutput("register", "model_package_arn")
IMAGE = TextOutput("image", "uri")
TRAINED_MODEL = TextOutput("train", "artifact_uri")
