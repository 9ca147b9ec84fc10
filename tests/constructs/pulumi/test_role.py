import json
from collections.abc import Callable

import pulumi

from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.role import Duty, RolePlan, plan_role, service_trust
from groundplan.blueprints.plan.spot_training import SpotTrainingPlan, plan_ladder
from groundplan.constructs.pulumi import Role, RoleArgs, SpotTraining, SpotTrainingArgs
from groundplan.stacks.pulumi.recording import Recording

Run = Callable[[Callable[[], object]], Recording]
PLACE = Place(account="111111111111", region="eu-west-1")
BOUNDARY = "arn:aws:iam::111111111111:policy/boundary"


def planned(name: str, duties: int = 1, boundary: str | None = BOUNDARY) -> RolePlan:
    return plan_role(
        id="Role",
        role_name=name,
        place=PLACE,
        path="/reports/",
        description="Shows reports",
        trust=service_trust("glue.amazonaws.com", PLACE, None),
        duties=[
            Duty(
                id=f"Read{index}",
                actions=("s3:GetObject",),
                resources=tuple(
                    f"arn:aws:s3:::reports-{index}/{part:03}/latest.json" for part in range(60)
                ),
                reason="the dashboard shows reports",
            )
            for index in range(duties)
        ],
        permissions_boundary=boundary,
    )


def test_a_role_has_what_its_duties_need_and_nothing_else(run: Run) -> None:
    plan = planned("dashboard", duties=5)
    assert len(plan.policies) > 1
    recording = run(lambda: pulumi.export("arn", Role("dashboard", RoleArgs(plan=plan)).arn))
    [role] = recording.of_type("aws:iam/role:Role")
    policies = recording.of_type("aws:iam/policy:Policy")
    attached = recording.of_type("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
    assert role.inputs["permissionsBoundary"] == BOUNDARY
    assert role.inputs["path"] == "/reports/"
    assert "inlinePolicies" not in role.inputs and "managedPolicyArns" not in role.inputs
    assert [json.loads(item.inputs["policy"]) for item in policies] == [
        item.document.to_json() for item in plan.policies
    ]
    assert {item.inputs["policyArn"] for item in attached} == {
        f"arn:aws:iam::111111111111:policy/reports/{item.name}" for item in plan.policies
    }
    assert {item.inputs["role"] for item in attached} == {"dashboard"}
    assert recording.outputs["arn"] == "arn:aws:iam::111111111111:role/reports/dashboard"


def test_its_arn_is_known_when_the_policies_are_attached(run: Run) -> None:
    def program() -> None:
        role = Role("dashboard", RoleArgs(plan=planned("dashboard")))
        Role("other", RoleArgs(plan=planned("other")), pulumi.ResourceOptions(depends_on=[role]))
        pulumi.export("arn", role.arn)

    recording = run(program)
    [other] = [item for item in recording.registrations if item.name == "other-Resource"]
    assert any("dashboard-Attachment1" in urn for urn in other.depends_on)


def test_training_has_a_role_for_each_kind_of_job(run: Run) -> None:
    plan = SpotTrainingPlan(
        id="Training",
        training_role=planned("train"),
        processing_role=planned("process"),
        ladder=plan_ladder(["ml.g5.xlarge"], spot=True, fallback_on_demand=True),
        checkpoint_uri="s3://fraud-work-111111111111/checkpoints",
    )

    def program() -> None:
        training = SpotTraining("fraud", SpotTrainingArgs(plan=plan))
        pulumi.export("train", training.training_role_arn)
        pulumi.export("process", training.processing_role_arn)

    assert run(program).outputs == {
        "train": "arn:aws:iam::111111111111:role/reports/train",
        "process": "arn:aws:iam::111111111111:role/reports/process",
    }
