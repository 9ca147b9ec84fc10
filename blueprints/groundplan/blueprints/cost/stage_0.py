"""What an account costs that an administrator has prepared, before anything is deployed to it."""

from groundplan.blueprints.cost.collect import Collector
from groundplan.blueprints.plan.access import every
from groundplan.blueprints.plan.encryption_key import EncryptionKeyPlan
from groundplan.blueprints.plan.stage_0 import Stage0Plan

SCOPE = "stage-0"


def add_stage_0(bill: Collector, stage_0: Stage0Plan) -> None:
    """Add the keys of stage 0, of the bootstrap and of pipelines, and the audit trail's alarms.

    Analysers of external access, roles and policies cost nothing.
    """
    place, account = stage_0.place, stage_0.place.account
    keys = len({key.alias for key in every(stage_0, EncryptionKeyPlan)})
    bill.service(
        SCOPE, place, f"keys-{account}", "key", f"KMS keys of stage 0 in {account}",
        "key-month", keys, "kms:key_month",
    )  # fmt: skip
    if stage_0.pipeline is not None:
        bill.skip(
            SCOPE,
            "minutes of CodePipeline's actions and of CodeBuild's builds",
            "their prices are not among those that groundplan knows, and nothing says how often "
            "somebody pushes",
        )
    if stage_0.trail is None:
        return
    alarms = len(stage_0.trail.alarms.alarms)
    bill.service(
        SCOPE, place, f"alarms-{account}", "alarms", f"alarms on the audit trail in {account}",
        "alarm-month", alarms, "cloudwatch:alarm_month",
    )  # fmt: skip
    bill.service(
        SCOPE, place, f"metrics-{account}", "metrics", f"metrics of these alarms in {account}",
        "metric-month", alarms, "cloudwatch:metric_month", least=0,
    )  # fmt: skip
    bill.skip(
        SCOPE,
        "events of the audit trail, and its logs and storage",
        "they follow from how often data is read; one copy of management events is free, each further "
        "trail's and every data event is not",
    )
