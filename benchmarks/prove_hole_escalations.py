"""Ways to more permissions than one was given, one row each."""

from benchmarks.prove_hole import (
    BUILD,
    CREATOR,
    MONITORING,
    PIPELINE,
    PROCESSING,
    PROD,
    RELEASE,
    TRAINING,
    Hole,
)
from benchmarks.prove_plant import (
    allow,
    both,
    in_role,
    unbounded,
    with_,
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
        words=("notebook",),
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
