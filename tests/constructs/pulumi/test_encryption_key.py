import json
from collections.abc import Callable

import pulumi

from groundplan.blueprints.plan.encryption_key import plan_encryption_key
from groundplan.blueprints.plan.names import Place
from groundplan.constructs.pulumi import EncryptionKey, EncryptionKeyArgs
from groundplan.stacks.pulumi.recording import Recording

Run = Callable[[Callable[[], object]], Recording]


def test_a_key_rotates_has_an_alias_and_stays(run: Run, place: Place) -> None:
    plan = plan_encryption_key(alias="reports", place=place, description="Reports")

    def program() -> None:
        key = EncryptionKey("reports", EncryptionKeyArgs(plan=plan))
        pulumi.export("arn", key.arn)
        pulumi.export("id", key.key_id)
        pulumi.export("value", next(iter(key.values.values())))

    recording = run(program)
    found = {item.name: item for item in recording.registrations}
    key, alias = found["reports-Resource"], found["reports-Alias"]
    assert key.inputs["enableKeyRotation"] is True
    assert json.loads(key.inputs["policy"]) == plan.policy.to_json()
    assert (key.protect, key.retain_on_delete) == (True, True)
    assert alias.inputs == {"name": "alias/reports", "targetKeyId": recording.outputs["id"]}
    assert (alias.protect, alias.retain_on_delete) == (False, False)
    assert recording.outputs["arn"].endswith(f":key/{recording.outputs['id']}")
    assert recording.outputs["value"] == recording.outputs["arn"]
