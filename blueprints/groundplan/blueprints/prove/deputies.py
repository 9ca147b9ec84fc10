"""What statements that trust services and other accounts must hold.

Sources: IAM User Guide, "The confused deputy problem" and "Cross-service confused deputy prevention";
the pages of each service on the condition keys that it sends (2026-11-21).
"""

from collections.abc import Iterable, Iterator, Mapping

from groundplan.blueprints.plan.role import bootstrap_qualifier
from groundplan.blueprints.prove.claim import Case, Finding
from groundplan.blueprints.prove.model import Policy, PolicyStatement, Resource

SERVICES: Mapping[str, str] = {
    "cloudformation": "cloudformation",
    "cloudtrail": "cloudtrail",
    "cloudwatch": "cloudwatch",
    "codebuild": "codebuild",
    "codepipeline": "codepipeline",
    "ecs-tasks": "ecs",
    "events": "events",
    "logging.s3": "s3",
    "sagemaker": "sagemaker",
    "scheduler": "scheduler",
    "states": "states",
    "vpc-flow-logs": "ec2",
}
"""Services that the project trusts, and of which service the resources are that they act for."""
WHOLE_ACCOUNT: Mapping[str, str] = {
    "cloudwatch": "alarms of stage 0 have names that it makes up",
    "ecs": "ECS sends the ARN of a task, whose cluster and id AWS makes up",
    "ec2": "AWS assigns the ids of flow logs",
    "logs": "an account has the log groups of SageMaker's jobs once",
    "sagemaker": "SageMaker documents no narrower source than the account for all but training",
}
"""Services whose sources are limited to the account rather than to the project, and why."""
SENT: Mapping[tuple[str, str], tuple[tuple[str, ...], str]] = {
    ("AWS::IAM::Role", "cloudtrail"): (
        (), "CloudTrail documents no source condition for the role by which it writes to one log group",
    ),
    ("AWS::IAM::Role", "codepipeline"): (
        ("aws:SourceAccount",), "CodePipeline documents the account only for the role of a pipeline",
    ),
    ("AWS::KMS::Key", "cloudtrail"): (
        ("aws:SourceArn",), "CloudTrail documents the trail's ARN only; it holds the account",
    ),
    ("AWS::KMS::Key", "cloudwatch"): (
        ("aws:SourceAccount",), "KMS gets no ARN of the alarm that notifies an encrypted topic",
    ),
    ("AWS::KMS::Key", "events"): (
        ("aws:SourceAccount",), "KMS gets no ARN of the rule that sends to an encrypted queue",
    ),
    ("AWS::KMS::Key", "logs"): (
        ("kms:EncryptionContext:aws:logs:arn",),
        "CloudWatch Logs says which log group it encrypts by its encryption context",
    ),
    ("AWS::S3::Bucket", "cloudtrail"): (
        ("aws:SourceArn",), "CloudTrail documents the trail's ARN only; it holds the account",
    ),
    ("AWS::SNS::Topic", "events"): (
        ("aws:SourceArn",), "EventBridge documents the rule's ARN only; it holds the account",
    ),
    ("AWS::SQS::Queue", "events"): (
        ("aws:SourceArn",), "EventBridge documents the rule's ARN only; it holds the account",
    ),
}  # fmt: skip
"""What a service sends where that is not account and ARN of what it acts for."""
BOTH = ("aws:SourceAccount", "aws:SourceArn")
"""What a service sends otherwise."""
PRINCIPAL = "aws:PrincipalArn"
ADMINISTRATORS = (
    ":role/OrganizationAccountAccessRole",
    ":role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_AdministratorAccess_*",
)
"""Ends of the ARNs of the roles that administer where the spec names none: those that Organizations and
IAM Identity Center make."""
EXACT = ("ArnEquals", "ArnLike", "StringEquals", "StringLike")
"""Operators by which a condition can name what is admitted."""
ADMINISTRATION = (
    "kms:CancelKeyDeletion", "kms:Create", "kms:Delete", "kms:Describe", "kms:Disable", "kms:Enable",
    "kms:Get", "kms:List", "kms:Put", "kms:Revoke", "kms:Schedule", "kms:Tag", "kms:Untag",
    "kms:Update",
)  # fmt: skip
"""Beginnings of the actions by which an account's administrators keep a key, none of them of data."""


class Deputies:
    """Checks statements of trusts and resource policies."""

    def __init__(self, case: Case) -> None:
        """Look up what a project names."""
        self.case = case
        self.project = case.plan.project
        self.roles = {role.arn for role in case.world.roles}
        self.resources: dict[str, Resource] = {item.arn: item for item in case.world.resources}
        self.qualifier = bootstrap_qualifier(self.project)
        self.administrators = tuple(case.spec.governance.administrators or ADMINISTRATORS)
        self.met: set[tuple[str, str]] = set()
        self.whole: set[str] = set()
        self.patterns: set[str] = set()

    def of(self, policy: Policy, statement: PolicyStatement) -> Iterator[Finding]:
        """Yield what is wrong about a statement that allows."""
        said = list(self._said(policy, statement))
        for problem, fix in said:
            yield Finding(
                subject=policy.owner,
                where=f"{policy.kind} policy {policy.name}, statement {statement.sid}",
                problem=problem,
                fix=fix,
            )

    def exceptions(self) -> Iterator[str]:
        """Yield what was accepted, and why."""
        for kind, service in sorted(self.met):
            keys, reason = SENT[kind, service]
            yield f"{service} on {kind}: {', '.join(keys) or 'no condition'}, since {reason}"
        for service in sorted(self.whole):
            yield f"sources of {service} are limited to the account: {WHOLE_ACCOUNT[service]}"
        for pattern in sorted(self.patterns):
            yield f"roles by pattern, {pattern}"

    def _said(self, policy: Policy, statement: PolicyStatement) -> Iterator[tuple[str, str]]:
        if statement.not_principals is not None:
            yield "NotPrincipal admits whomever it does not name", "name who is admitted"
        for kind, names in (statement.principals or {}).items():
            for name in names:
                if kind == "Service":
                    yield from self._service(policy, statement, name)
                elif kind == "Federated":
                    yield from self._federated(policy, statement, name)
                else:
                    yield from self._account(policy, statement, name)
        if statement.principals and "AWS" in statement.principals:
            yield from self._roles(policy, statement)
            refused = statement.condition.get("Null", {}).get("sts:ExternalId")
            if policy.kind == "trust" and refused != ("true",):
                yield (
                    "may be assumed for a third party: an external id is not refused",
                    "add Null sts:ExternalId true, as the CDK CLI has it",
                )

    def _service(
        self, policy: Policy, statement: PolicyStatement, principal: str
    ) -> Iterator[tuple[str, str]]:
        name = principal.removesuffix(".cn").removesuffix(".amazonaws.com")
        kind = self._kind(policy)
        short = "logs" if name.startswith("logs.") else name
        wanted = SENT.get((kind, short), (BOTH, ""))[0]
        if short not in SERVICES and short != "logs":
            yield f"{principal} is trusted, and does nothing for the project", "drop it"
            return
        if (kind, short) in SENT:
            self.met.add((kind, short))
        for key in wanted:
            values = _values(statement, key)
            if not values:
                yield (
                    f"{principal} may act for anybody: no condition on {key}",
                    f"add {key} with what it acts for in account {self._owner(policy)}",
                )
            for value in values:
                yield from self._source(policy, principal, short, key, value)

    def _source(
        self, policy: Policy, principal: str, name: str, key: str, value: str
    ) -> Iterator[tuple[str, str]]:
        account = self._owner(policy)
        if key == "aws:SourceAccount":
            if value != account:
                yield f"{principal} may act for account {value}", f"name {account} in {key}"
            return
        service = SERVICES.get(name, name)
        parts = value.split(":", 5)
        holder = "" if service == "s3" else account
        if len(parts) < 6 or parts[2] != service or parts[4] != holder:
            yield (
                f"{principal} may act for {value}, which is not {service}'s in account {account}",
                f"limit {key} to resources of {service} in account {account}",
            )
        elif not parts[5].split("*")[0].count(self.project):
            if service in WHOLE_ACCOUNT:
                self.whole.add(service)
                return
            yield (
                f"{principal} may act for {value}, which is not limited to the project",
                f"limit {key} to names of {self.project}",
            )

    def _federated(
        self, policy: Policy, statement: PolicyStatement, provider: str
    ) -> Iterator[tuple[str, str]]:
        account = self._owner(policy)
        if provider.split(":")[4:5] != [account]:
            yield f"the identity provider {provider} is another account's", f"use one of {account}"
        issuer = provider.partition("oidc-provider/")[2]
        for key, values in statement.condition.get("StringEquals", {}).items():
            if key.startswith(f"{issuer}:") and any(
                "*" in value or "?" in value for value in values
            ):
                yield f"{key} is compared with a pattern, literally", "name whole values"
        for claim in ("aud", "sub"):
            values = statement.condition.get("StringEquals", {}).get(f"{issuer}:{claim}", ())
            if not values or any("*" in value or "?" in value for value in values):
                yield (
                    f"tokens of {issuer} are not compared by {claim}",
                    f"compare {issuer}:{claim} by StringEquals, without wildcards",
                )

    def _account(
        self, policy: Policy, statement: PolicyStatement, principal: str
    ) -> Iterator[tuple[str, str]]:
        """Say what is wrong about a principal of kind AWS: an account, a role, or everybody."""
        account = self._owner(policy)
        admitted = _values(statement, PRINCIPAL)
        if principal == "*":
            yield (
                "admits everybody" + (f" whose {PRINCIPAL} fits" if admitted else ""),
                f"name the roots of accounts, limited by {PRINCIPAL} to exact roles",
            )
        elif principal.isdigit() or principal.endswith(":root"):
            number = principal if principal.isdigit() else principal.split(":")[4]
            if not admitted and not _administers(policy, statement, number == account):
                yield (
                    f"admits all of account {number}",
                    f"limit it by ArnEquals {PRINCIPAL} to exact roles of {number}",
                )
            named = {number if self._administrator(a) else _account_of(a) for a in admitted}
            if admitted and number not in named:
                yield f"admits account {number}, of which it names no role", f"drop {principal}"
        elif principal not in self.roles:
            yield f"admits {principal}, who has no part in the project", "drop it"

    def _roles(self, policy: Policy, statement: PolicyStatement) -> Iterator[tuple[str, str]]:
        account = self._owner(policy)
        admitted = _values(statement, PRINCIPAL)
        named = {
            name if name.isdigit() else name.split(":")[4]
            for name in (statement.principals or {}).get("AWS", ())
            if name.isdigit() or name.count(":") >= 5
        }
        for arn in admitted:
            if self._administrator(arn) and named <= {account}:
                self.patterns.add(f"administrators of an account: {arn}")
            elif "*" in arn or "?" in arn:
                yield from self._pattern(statement, arn, account)
            elif arn not in self.roles:
                yield f"admits {arn}, who has no part in the project", f"drop {arn}"
            elif named and _account_of(arn) not in named:
                yield (
                    f"names {arn}, whose account it does not admit",
                    f"admit the root of {_account_of(arn)}",
                )
        organization = self.case.world.organizations.get(account)
        if organization is None or all(self._administrator(arn) for arn in admitted):
            return
        if self._kind(policy) in ("AWS::KMS::Key", "AWS::IAM::Role"):
            foreign = named - {account}
            held = _values(statement, "aws:PrincipalOrgID")
            if set(held) != {organization} and (foreign or not self._of_bootstrap_key(policy)):
                yield (
                    "admits roles without asking for their organisation",
                    f"add StringEquals aws:PrincipalOrgID {organization}",
                )

    def _pattern(
        self, statement: PolicyStatement, arn: str, account: str
    ) -> Iterator[tuple[str, str]]:
        """Accept patterns of roles within the account that are the project's, or all but those."""
        deployers = f"role/cdk-{self.qualifier}-"
        if self.case.plan.engine == "pulumi":
            deployers = f"role/groundplan-stage-0/{self.project}/"
        own = (f"role/groundplan/{self.project}/", deployers)
        resource = arn.split(":", 5)[5] if arn.count(":") >= 5 else arn
        excluded = statement.condition.get("ArnNotLike", {}).get(PRINCIPAL, ())
        people = resource == "role/*" and all(
            any(part in item for item in excluded) for part in own
        )
        if _account_of(arn) == account and (resource.startswith(own) or people):
            whose = "people who deploy" if people else "the project"
            self.patterns.add(f"{whose}, in one account: {arn.replace(account, 'ACCOUNT')}")
            return
        yield f"admits every role that matches {arn}", f"name exact roles in {PRINCIPAL}"

    def _administrator(self, arn: str) -> bool:
        return arn.endswith(self.administrators)

    def _of_bootstrap_key(self, policy: Policy) -> bool:
        return policy.owner.endswith(f":key/cdk-{self.qualifier}-assets-key")

    def _kind(self, policy: Policy) -> str:
        found = self.resources.get(policy.owner)
        return "AWS::IAM::Role" if policy.kind == "trust" or found is None else found.kind

    def _owner(self, policy: Policy) -> str:
        found = self.resources.get(policy.owner)
        return found.account if found is not None else policy.owner.split(":")[4]


def _values(statement: PolicyStatement, key: str) -> tuple[str, ...]:
    """Return what a statement compares a key with, where the comparison limits who is admitted."""
    return tuple(
        value
        for operator in EXACT
        for name, values in statement.condition.get(operator, {}).items()
        if name.lower() == key.lower()
        for value in values
    )


def _administers(policy: Policy, statement: PolicyStatement, own: bool) -> bool:
    """Return whether a statement leaves an account the administration of its own key."""
    actions: Iterable[str] = statement.actions
    return (
        own
        and ":kms:" in policy.owner
        and bool(statement.actions)
        and all(
            action.startswith(ADMINISTRATION)
            and "*" not in action
            and action not in ("kms:CreateGrant",)
            for action in actions
        )
    )


def _account_of(arn: str) -> str:
    parts = arn.split(":")
    return parts[4] if len(parts) > 4 else ""
