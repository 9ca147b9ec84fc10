"""Nothing that trains or serves has a way out that the spec does not ask for."""

import pytest
from benchmarks.prove_plant import Plant, allow, both, in_plan, in_resource, unbounded, with_
from prove_support import PROD, REGION, example, redefined, said

from groundplan.blueprints.plan.endpoint import EndpointPlan
from groundplan.blueprints.plan.network import NetworkAttachment, NetworkPlan
from groundplan.blueprints.prove.claims.network import CLAIM

TRAINING = "churn-prod-churn-training"
MACHINE = f"arn:aws:states:{REGION}:{PROD}:stateMachine:{TRAINING}"
NOWHERE = NetworkAttachment(subnet_ids=(), security_group_ids=())
OURS = (
    "{Network.subnet_id_0}, {Network.subnet_id_1} with {Network.workload_security_group_id}; attach it "
    "to the environment's network"
)


@pytest.mark.parametrize(
    ("plant", "sentence"),
    [
        (
            redefined(TRAINING, '"EnableNetworkIsolation":true', '"EnableNetworkIsolation":false'),
            (f"{MACHINE}: its containers are not isolated: EnableNetworkIsolation is False; set "
            "EnableNetworkIsolation to true"),
        ),
        (
            redefined(
                TRAINING,
                '"EnableInterContainerTrafficEncryption":true',
                '"EnableInterContainerTrafficEncryption":false',
            ),
            (f"{MACHINE}: traffic between its containers is not encrypted: "
            "EnableInterContainerTrafficEncryption is False; set "
            "EnableInterContainerTrafficEncryption to true"),
        ),
        (
            redefined(TRAINING, "${SubnetId0}", "subnet-0123456789abcdef0"),
            (f"state machine {TRAINING}, state Train 1 create: attaches to subnet-0123456789abcdef0, "
            "{Network.subnet_id_1} with {Network.workload_security_group_id}, where prod's network is "
            f"{OURS}"),
        ),
        (
            in_plan(EndpointPlan, lambda one: one.name == "churn-prod-churn", network=NOWHERE),
            f"churn-prod-churn: attaches to nothing with nothing, where prod's network is {OURS}",
        ),
        (
            in_plan(NetworkPlan, lambda one: one.name == "churn-prod", flow_log=None),
            ("churn-prod: nobody can say who talked to whom: the network writes no flow log to a group "
            "of its stage; plan a flow log with a log group and a role of the stage"),
        ),
        (
            in_resource("vpce-prod-sts", "OurPrincipals", with_(condition={})),
            ("vpce-prod-sts: lets an administrator of a foreign account through with sts:AssumeRole; "
            "limit it by aws:PrincipalOrgID, or by aws:PrincipalAccount"),
        ),
        (
            in_resource("vpce-prod-s3", "ImageLayers", with_(resources=("*",))),
            ("vpce-prod-s3: lets anybody on the internet through with s3:GetObject; limit it by "
            "aws:PrincipalOrgID, or by aws:PrincipalAccount"),
        ),
        (
            both(unbounded(TRAINING), allow(TRAINING, "s3:PutObject", on="arn:aws:s3:::*")),
            (f"{TRAINING}: takes data out: s3:PutObject on arn:aws:s3:::somebody-elses-bucket/x; name "
            "the project's buckets in it"),
        ),
    ],
)  # fmt: skip
def test_names_a_way_out(plant: Plant, sentence: str) -> None:
    assert sentence in said(CLAIM, plant)


def test_a_job_of_batch_without_a_public_address() -> None:
    opened = redefined(
        "nightly-prod-progression-scoring",
        '"AssignPublicIp":"DISABLED"',
        '"AssignPublicIp":"ENABLED"',
    )
    [finding] = said(CLAIM, opened, "nightly")
    assert finding.endswith(
        "its containers may have a public address: AssignPublicIp is ENABLED; set AssignPublicIp to "
        "DISABLED"
    )


def test_modes_are_reported_as_what_they_are() -> None:
    assert CLAIM.check(example("sandbox")).evidence[0] == (
        "dev: no network of its own: services reach the internet, isolated containers do not"
    )
    assert CLAIM.check(example("vision")).evidence[2] == (
        "prod: a network of its own, whose only routes are local and to S3's gateway"
    )
