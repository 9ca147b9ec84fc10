"""Mistakes in policies, trusts, boundaries and properties, one row each."""

from benchmarks.prove_hole import (
    ANY_ROLE,
    ARTIFACTS,
    BUILD,
    CREATOR,
    DATA,
    DATA_KEY,
    DEPLOYER,
    ENDPOINT,
    GROUP,
    MACHINE,
    MONITORING,
    PIPELINE,
    PROCESSING,
    PROD,
    RELEASE,
    SERVING,
    STAGING,
    STAGING_SERVING,
    TRAINING,
    WORK,
    WORK_KEY,
    Hole,
)
from benchmarks.prove_plant import (
    admit,
    allow,
    both,
    gone,
    in_boundary,
    in_guard_rails,
    in_plan,
    in_resource,
    in_role,
    in_trust,
    unbounded,
    with_,
    without,
)

from groundplan.blueprints.plan.alarms import TopicPlan
from groundplan.blueprints.plan.log_group import LogGroupPlan

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
        plant=both(
            in_resource(WORK, "DenyOutsideOrganization", gone),
            admit(WORK, {"*": ("*",)}, "s3:GetObject", on=f"{WORK}/*"),
        ),
        words=("churn-prod-work", "s3:GetObject"),
    ),
    Hole(
        claim="data-protection",
        mistake="lets uploads under any key into the dataset's bucket",
        plant=in_resource(DATA, "DenyForeignKey", gone),
        words=("churn-data-customers", "under another key"),
    ),
    Hole(
        claim="data-protection",
        mistake="makes a log group without a key",
        plant=in_plan(LogGroupPlan, lambda one: "flow-log" in one.name, encryption_key=None),
        words=("flow-log", "key"),
    ),
    Hole(
        claim="data-protection",
        mistake="sends alerts under AWS's own key, which no alarm may use",
        plant=in_plan(
            TopicPlan,
            lambda one: one.name == "churn-prod-alerts",
            encryption_key_alias="alias/aws/sns",
        ),
        words=("churn-prod-alerts", "key"),
    ),
    Hole(
        claim="data-protection",
        mistake="lets those whom the bootstrap's key names use it by hand, to look into a file",
        plant=in_resource(
            f"{PROD}:key/cdk-gp88b2072e-assets-key",
            "UseThroughStorage",
            without("StringEquals", "kms:ViaService"),
        ),
        words=("cdk-gp88b2072e-assets-key", "without any service between"),
    ),
    Hole(
        claim="network",
        mistake="lets only a vendor's account through the endpoint of KMS",
        plant=in_resource(
            "vpce-prod-kms",
            "OurPrincipals",
            with_(principals={"AWS": ("arn:aws:iam::999999999999:root",)}),
        ),
        words=("vpce-prod-kms", "nothing of the project's own gets through"),
    ),
    Hole(
        claim="network",
        mistake="narrows the endpoint of S3 to the organisation, and no image can be loaded any more",
        plant=in_resource("vpce-prod-s3", "ImageLayers", gone),
        words=("vpce-prod-s3", "refuses s3:GetObject on the registry's own bucket"),
    ),
    Hole(
        claim="no-confused-deputy",
        mistake="lets services do with a role whatever STS knows",
        plant=in_trust(TRAINING, "Assume", with_(actions=("sts:*",))),
        words=(TRAINING, "sts:*"),
    ),
    Hole(
        claim="network",
        mistake="opens the endpoint of S3 to principals and buckets of anybody",
        plant=in_resource("vpce-prod-s3", "OurPrincipals", with_(condition={})),
        words=("vpce-prod-s3",),
    ),
    Hole(
        claim="blast-radius",
        mistake="reuses production's bucket in staging, and shares its key, without the boundary",
        plant=both(
            unbounded(STAGING_SERVING),
            allow(STAGING_SERVING, "s3:GetObject", "kms:Decrypt"),
            *(
                admit(arn, {"AWS": (f"arn:aws:iam::{STAGING}:root",)}, action)
                for arn, action in ((WORK, "s3:GetObject"), (WORK_KEY, "kms:Decrypt"))
            ),
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
            "AssumeFromRepository",
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
        claim="boundaries",
        mistake="makes a role by hand, without a boundary",
        plant=unbounded(MONITORING),
        words=(MONITORING, "permissions boundary"),
    ),
    Hole(
        claim="boundaries",
        mistake="adds a service to the boundary of all roles, since one of them needs an action of it",
        plant=in_boundary(
            f"{PROD}:policy/groundplan-stage-0/churn/churn-boundary",
            "DeliverLogs",
            with_(actions=("cloudwatch:DescribeAlarms", "kms:*")),
        ),
        words=("churn-boundary", "kms:*", "name the actions"),
    ),
    Hole(
        claim="guard-rails",
        mistake="opens another region to everybody, to try an instance type",
        plant=in_guard_rails("StayInRegions", gone),
        words=("another region", "ec2:RunInstances"),
    ),
    Hole(
        claim="guard-rails",
        mistake="spares all roles of the account from the rule that keeps the logs on",
        plant=in_guard_rails(
            "KeepLogging", with_(condition={"ArnNotLike": {"aws:PrincipalArn": (ANY_ROLE,)}})
        ),
        words=("nothing stops", "cloudtrail:StopLogging"),
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
