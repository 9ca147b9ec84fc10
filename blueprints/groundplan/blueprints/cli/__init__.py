"""The ``groundplan`` command. Each command is imported when it is called, and nothing before."""

import gc
import importlib
import sys

import click

from groundplan.blueprints.errors import EnvironmentFault, GroundplanError

COMMANDS = {
    "bootstrap": "Write what an administrator deploys once in each account.",
    "cost": "Show what projects cost a month, and the Savings Plan that costs least.",
    "diff": "Show what changes between two specs or plans.",
    "doctor": "Check each account: credentials, stage 0, bootstrap, quotas.",
    "generate": "Write a repository of its own: programs, CI, ML code, tests, docs.",
    "init": "Write a commented groundplan.yaml, ready to plan.",
    "pipeline": "List, draw or compile the pipelines.",
    "plan": "Show every account, stack and resource of a project.",
    "prices": "Import AWS's bulk price files, show the prices that are known.",
    "prove": "Prove who may do what, what is encrypted and what is reachable.",
    "rehearse": "Deploy all accounts onto an embedded emulator and run their life.",
    "report": "Write one HTML file: accounts, pipelines, proof, cost, changes.",
    "schema": "Print the JSON Schema of the spec.",
    "size": "Say what to change about an endpoint, from exported metrics.",
    "update": "Render a repository again after a change; what the team wrote stays.",
    "validate": "Check a spec and show every mistake in it.",
}
"""Commands and their one-line helps; each is a module of this package."""

WRONG_INPUT, ENVIRONMENT_FAULT = 2, 3
GC_THRESHOLD = 100_000
"""Objects between two collections of garbage: a command makes many and throws few away."""


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"groundplan.blueprints.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from groundplan.blueprints.catalogue import suggest

            near = suggest(args[0], sorted(COMMANDS))
            hint = f"did you mean {near!r}?" if near else f"use one of {', '.join(COMMANDS)}"
            ctx.fail(f"no such command, got {args[0]!r}; {hint}")
        return super().resolve_command(ctx, args)


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="groundplan")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def cli(debug: bool) -> None:
    """One typed spec to a secure, costed, multi-account MLOps platform on AWS.

    Exit codes: 0 fine, 1 the answer is no, 2 wrong input or usage, 3 a fault of the environment.
    """


def main() -> None:
    """Run the command; errors go to stderr, without a traceback unless ``--debug`` is given."""
    gc.set_threshold(GC_THRESHOLD)
    debug = "--debug" in sys.argv[1:]
    try:
        sys.exit(cli(standalone_mode=False) or 0)
    except click.Abort:
        sys.exit(130)
    except click.ClickException as exc:
        exc.show()
        sys.exit(WRONG_INPUT)
    except GroundplanError as exc:
        if debug:
            raise
        click.echo(str(exc), err=True)
        sys.exit(ENVIRONMENT_FAULT if isinstance(exc, EnvironmentFault) else WRONG_INPUT)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except Exception as exc:
        if debug:
            raise
        text = f"groundplan: unexpected {type(exc).__name__}, got {str(exc)!r}"
        click.echo(f"{text}; repeat with --debug and report it", err=True)
        sys.exit(ENVIRONMENT_FAULT)
