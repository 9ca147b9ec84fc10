"""Holes that a careless engineer could make in examples/churn, and the claim that names each.

``python -m benchmarks.prove_holes`` writes docs/proof-holes.md with the messages as they are.
"""

from dataclasses import dataclass
from pathlib import Path

from benchmarks.commitment import written
from benchmarks.prove_plant import (
    Plant,
    admit,
    allow,
    both,
    gone,
    in_plan,
    in_resource,
    in_role,
    in_trust,
    unbounded,
    with_,
    without,
)

from groundplan.blueprints.plan.encryption_key import EncryptionKeyPlan
from groundplan.blueprints.plan.log_group import LogGroupPlan
from groundplan.blueprints.prove.claim import Case, Claim, Finding

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "proof-holes.md"
CLAIMS_PAGE = ROOT / "docs" / "prove.md"

TOOLING, STAGING, PROD = "111111111111", "222222222222", "333333333333"
REGION = "eu-west-1"
TRAINING = "churn-prod-churn-training"
PROCESSING = "churn-prod-churn-processing"
SERVING = "churn-prod-churn-serving"
MONITORING = "churn-prod-churn-monitoring"
PIPELINE = "churn-prod-churn-pipeline"
RELEASE = "churn-prod-release"
STAGING_SERVING = "churn-staging-churn-serving"
STAGING_RELEASE = "churn-staging-release"
BUILD = "churn-tooling-churn-build"
DEPLOYER = f"{PROD}:role/groundplan-stage-0/churn/churn-deployer"
CREATOR = f"{PROD}:role/cdk-gp88b2072e-cfn-exec-role-{PROD}-{REGION}"
DEPLOYING = f"{PROD}:role/cdk-gp88b2072e-deploy-role-{PROD}-{REGION}"
DATA = "arn:aws:s3:::churn-data-customers-333333333333"
DATA_KEY = f"{PROD}:key/churn-data-customers"
ARTIFACTS = "arn:aws:s3:::churn-tooling-artifacts-111111111111"
WORK = "arn:aws:s3:::churn-prod-work-333333333333"
GROUP = ":model-package-group/churn-churn"
ENDPOINT = f"arn:aws:sagemaker:{REGION}:{PROD}:endpoint/churn-prod-churn"
MACHINE = f"arn:aws:states:{REGION}:{PROD}:stateMachine:churn-prod-churn-training"
ANY_ROLE = f"arn:aws:iam::{PROD}:role/*"
PASSED = {"StringEquals": {"iam:PassedToService": ("lambda.amazonaws.com",)}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """A hole, and what has to be said about it."""

    claim: str
    """Id of the claim that has to name it."""

    mistake: str
    """What the careless engineer did."""

    plant: Plant
    """Makes the hole."""

    words: tuple[str, ...]
    """What the message must hold."""


HOLES: tuple[Hole, ...] = (
    Hole(
        claim="duties-allowed",
        mistake="trims the training role: it no longer decrypts its data",
        plant=in_role(TRAINING, "DecryptData", gone),
        words=(TRAINING, "kms:Decrypt"),
    ),
    Hole(
        claim="duties-allowed",
        mistake="limits a key to one service too few: SageMaker may not make volumes",
        plant=in_resource(f"{PROD}:key/churn-prod", "EncryptVolumes", gone),
        words=("kms:CreateGrant",),
    ),
    Hole(
        claim="minimality",
        mistake="lets the training role delete what it reads, to clean up",
        plant=allow(TRAINING, "s3:DeleteObject", on=f"{DATA}/*"),
        words=(TRAINING, "s3:DeleteObject", "Planted"),
    ),
    Hole(
        claim="minimality",
        mistake="opens the serving role's model prefix to the whole bucket",
        plant=in_role(SERVING, "ReadModel", with_(resources=(f"{ARTIFACTS}/*",))),
        words=(SERVING, "s3:GetObject", "ReadModel"),
    ),
    Hole(
        claim="exclusive-data",
        mistake="lets the serving role look up features in the dataset, its key included",
        plant=both(
            allow(SERVING, "s3:GetObject", "kms:Decrypt"),
            admit(DATA_KEY, {"AWS": (f"arn:aws:iam::{PROD}:root",)}, "kms:*"),
        ),
        words=(SERVING, "customers"),
    ),
    Hole(
        claim="exclusive-data",
        mistake="puts the policy on the dataset's key that the console proposes: the account decides",
        plant=admit(DATA_KEY, {"AWS": (f"arn:aws:iam::{PROD}:root",)}, "kms:*"),
        words=("customers", "kms:"),
    ),
    Hole(
        claim="exclusive-change",
        mistake="lets monitoring repair the endpoint that it watches, without the boundary",
        plant=both(
            unbounded(MONITORING), allow(MONITORING, "sagemaker:UpdateEndpoint", on=ENDPOINT)
        ),
        words=(MONITORING, "UpdateEndpoint"),
    ),
    Hole(
        claim="exclusive-change",
        mistake="lets the training pipeline approve its own models, without the boundary",
        plant=both(
            unbounded(PIPELINE),
            allow(PIPELINE, "sagemaker:UpdateModelPackage"),
            admit(GROUP, {"AWS": (f"arn:aws:iam::{PROD}:root",)}, "sagemaker:UpdateModelPackage"),
        ),
        words=(PIPELINE, "UpdateModelPackage"),
    ),
    Hole(
        claim="exclusive-change",
        mistake="lets a job change the state machine that starts it, without the boundary",
        plant=both(
            unbounded(PROCESSING), allow(PROCESSING, "states:UpdateStateMachine", on=MACHINE)
        ),
        words=(PROCESSING, "states:UpdateStateMachine"),
    ),
    Hole(
        claim="exclusive-change",
        mistake="lets the release role delete old versions of artefacts, without the boundary",
        plant=both(
            unbounded(RELEASE),
            allow(RELEASE, "s3:DeleteObjectVersion", on=f"{ARTIFACTS}/*"),
            admit(
                ARTIFACTS,
                {"AWS": (f"arn:aws:iam::{PROD}:root",)},
                "s3:DeleteObjectVersion",
                on=f"{ARTIFACTS}/*",
            ),
        ),
        words=(RELEASE, "s3:DeleteObjectVersion"),
    ),
    Hole(
        claim="data-protection",
        mistake="drops the refusal of plain HTTP from the dataset's bucket",
        plant=in_resource(DATA, "DenyPlainHttp", gone),
        words=("churn-data-customers", "aws:SecureTransport"),
    ),
    Hole(
        claim="data-protection",
        mistake="makes the work bucket readable by everybody for a demonstration",
        plant=admit(WORK, {"*": ("*",)}, "s3:GetObject", on=f"{WORK}/*"),
        words=("churn-prod-work", "s3:GetObject"),
    ),
    Hole(
        claim="data-protection",
        mistake="lets uploads under any key into the dataset's bucket",
        plant=in_resource(DATA, "DenyForeignKey", gone),
        words=("churn-data-customers", "key"),
    ),
    Hole(
        claim="data-protection",
        mistake="makes a log group without a key",
        plant=in_plan(LogGroupPlan, lambda one: "flow-log" in one.name, key=None),
        words=("flow-log", "key"),
    ),
    Hole(
        claim="data-protection",
        mistake="turns the rotation of a key off",
        plant=in_plan(
            EncryptionKeyPlan, lambda one: one.alias == "alias/churn-prod", rotation=False
        ),
        words=("churn-prod", "rotat"),
    ),
    Hole(
        claim="network",
        mistake="opens the endpoint of S3 to principals and buckets of anybody",
        plant=in_resource("vpce-prod-s3", "OurPrincipals", with_(condition={})),
        words=("vpce-prod-s3",),
    ),
    Hole(
        claim="blast-radius",
        mistake="reuses production's bucket in staging: the serving role there reads production's work",
        plant=both(
            allow(STAGING_SERVING, "s3:GetObject", on=f"{WORK}/*"),
            admit(WORK, {"AWS": (f"arn:aws:iam::{STAGING}:root",)}, "s3:GetObject", on=f"{WORK}/*"),
        ),
        words=(STAGING_SERVING,),
    ),
    Hole(
        claim="no-confused-deputy",
        mistake="forgets for which account SageMaker may assume the training role",
        plant=in_trust(TRAINING, "Assume", with_(condition={})),
        words=(TRAINING, "aws:SourceAccount"),
    ),
    Hole(
        claim="no-confused-deputy",
        mistake="lets any alarm or topic of AWS's into the topic, whosever it is",
        plant=in_resource(f"{PROD}:churn-prod-alerts", "AlarmsPublish", with_(condition={})),
        words=("churn-prod-alerts", "AlarmsPublish"),
    ),
    Hole(
        claim="no-confused-deputy",
        mistake="trusts a whole vendor account without an external id",
        plant=in_trust(
            BUILD,
            "Assume",
            with_(principals={"AWS": ("arn:aws:iam::999999999999:root",)}, condition={}),
        ),
        words=(BUILD, "999999999999"),
    ),
    Hole(
        claim="no-confused-deputy",
        mistake="lets every repository of the organisation deploy, and every branch",
        plant=in_trust(
            DEPLOYER,
            "Assume",
            without("StringEquals", "token.actions.githubusercontent.com:sub"),
        ),
        words=("churn-deployer", "sub"),
    ),
    Hole(
        claim="no-confused-deputy",
        mistake="admits the whole staging account to production's bus, not its forwarding rules",
        plant=in_resource(
            f"{PROD}:event-bus/churn-prod-events", f"PutFrom{STAGING}", with_(condition={})
        ),
        words=("churn-prod-events", STAGING),
    ),
    Hole(
        claim="deployments-allowed",
        mistake="trims the execution role: CloudFormation cannot make keys",
        plant=in_role(CREATOR, "CreateKeys", gone),
        words=("kms:CreateKey",),
    ),
    Hole(
        claim="deployments-minimal",
        mistake="gives CloudFormation the whole of S3, since a deployment failed once",
        plant=allow(CREATOR, "s3:*"),
        words=("cfn-exec-role", "s3:*"),
    ),
    Hole(
        claim="deployments-minimal",
        mistake="lets deployments make roles without the boundary",
        plant=in_role(CREATOR, "CreateBoundedRoles", with_(condition={})),
        words=("cfn-exec-role", "iam:CreateRole"),
    ),
)


def _escalation(mistake: str, role: str, *actions: str, words: tuple[str, ...] = ()) -> Hole:
    return Hole(
        claim="no-privilege-escalation",
        mistake=mistake,
        plant=both(unbounded(role), allow(role, *actions)),
        words=(role.rpartition("/")[2], *(words or actions[-1:])),
    )


ESCALATIONS: tuple[Hole, ...] = (
    _escalation("may publish a new version of any policy", BUILD, "iam:CreatePolicyVersion"),
    _escalation(
        "may go back to an older version of any policy", BUILD, "iam:SetDefaultPolicyVersion"
    ),
    _escalation("may attach any policy to any role", PIPELINE, "iam:AttachRolePolicy"),
    _escalation("may write inline policies", PIPELINE, "iam:PutRolePolicy"),
    _escalation("may rewrite who may assume a role", RELEASE, "iam:UpdateAssumeRolePolicy"),
    _escalation("may make access keys for any user", BUILD, "iam:CreateAccessKey"),
    _escalation("may set a console password for any user", BUILD, "iam:CreateLoginProfile"),
    _escalation("may add users to the administrators' group", BUILD, "iam:AddUserToGroup"),
    _escalation(
        "may take the boundary of a role away", RELEASE, "iam:DeleteRolePermissionsBoundary"
    ),
    _escalation("may assume any role that trusts its account", RELEASE, "sts:AssumeRole"),
    _escalation(
        "may pass any role to a new Lambda function and call it",
        PIPELINE,
        "iam:PassRole",
        "lambda:CreateFunction",
        "lambda:InvokeFunction",
    ),
    _escalation(
        "may start an instance with any instance profile",
        PIPELINE,
        "iam:PassRole",
        "ec2:RunInstances",
    ),
    _escalation(
        "may create a stack under any role",
        RELEASE,
        "iam:PassRole",
        "cloudformation:CreateStack",
    ),
    _escalation(
        "may open a notebook under any role",
        TRAINING,
        "iam:PassRole",
        "sagemaker:CreateNotebookInstance",
        "sagemaker:CreatePresignedNotebookInstanceUrl",
        words=("CreateNotebookInstance",),
    ),
    _escalation(
        "may build with any role",
        BUILD,
        "iam:PassRole",
        "codebuild:CreateProject",
        "codebuild:StartBuild",
        words=("codebuild:CreateProject",),
    ),
    _escalation(
        "may run a state machine under any role",
        PIPELINE,
        "iam:PassRole",
        "states:CreateStateMachine",
        "states:StartExecution",
        words=("states:CreateStateMachine",),
    ),
    _escalation("may replace the code of any function", MONITORING, "lambda:UpdateFunctionCode"),
    _escalation("may run commands on any instance", MONITORING, "ssm:SendCommand"),
    _escalation("may rewrite the policy of any key", PROCESSING, "kms:PutKeyPolicy"),
    _escalation("may rewrite the policy of any bucket", PROCESSING, "s3:PutBucketPolicy"),
    Hole(
        claim="no-privilege-escalation",
        mistake="lets deployments edit what stage 0 made",
        plant=both(
            unbounded(CREATOR),
            allow(CREATOR, "iam:CreatePolicyVersion", on=f"arn:aws:iam::{PROD}:policy/*"),
        ),
        words=("cfn-exec-role", "iam:CreatePolicyVersion"),
    ),
    Hole(
        claim="no-privilege-escalation",
        mistake="lets deployments pass any role to any service",
        plant=in_role(CREATOR, "PassRoles", with_(resources=("*",), condition={})),
        words=("cfn-exec-role", "iam:PassRole"),
    ),
)
ALL = (*HOLES, *ESCALATIONS)


def findings(hole: Hole, case: Case, claims: tuple[Claim, ...]) -> tuple[Finding, ...]:
    """Return what the hole's claim says about a case with the hole in it."""
    [claim] = [one for one in claims if one.id == hole.claim]
    return claim.check(hole.plant(case)).findings


def told(hole: Hole, found: tuple[Finding, ...]) -> Finding:
    """Return the first finding that holds the words of a hole.

    Raises:
        LookupError: If there is none.
    """
    for finding in found:
        text = f"{finding.subject} {finding.where} {finding.problem} {finding.fix}"
        if all(word in text for word in hole.words):
            return finding
    raise LookupError(f"{hole.claim}: {hole.mistake}: {hole.words} not in {found[:5]}")


def holes_table(case: Case, claims: tuple[Claim, ...]) -> str:
    """Return the table of holes with their messages."""
    lines = ["| claim | the careless engineer | message | smallest fix |", "|---|---|---|---|"]
    for hole in ALL:
        one = told(hole, findings(hole, case, claims))
        cells = (f"{one.subject}: {one.where}: {one.problem}", one.fix)
        message, fix = (cell.replace("|", "\\|") for cell in cells)
        lines.append(f"| {hole.claim} | {hole.mistake} | {message} | {fix} |")
    return "\n".join(lines)


def claims_table(claims: tuple[Claim, ...]) -> str:
    """Return the table of claims."""
    lines = ["| claim | what is claimed |", "|---|---|"]
    return "\n".join([*lines, *(f"| `{claim.id}` | {claim.sentence} |" for claim in claims)])


def main() -> None:
    """Write the tables of both pages."""
    from benchmarks.prove_mutations import example_case

    from groundplan.blueprints.prove.claims import CLAIMS

    for page, tables in (
        (PAGE, {"holes": holes_table(example_case("churn"), CLAIMS)}),
        (CLAIMS_PAGE, {"claims": claims_table(CLAIMS)}),
    ):
        page.write_text(written(page.read_text("utf-8"), tables), "utf-8")


if __name__ == "__main__":
    main()
