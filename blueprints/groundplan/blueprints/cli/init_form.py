"""The questions of ``groundplan init`` on a terminal, and the check of every answer."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from groundplan.blueprints.errors import GroundplanError, InputError, PlanError, SpecErrors
from groundplan.blueprints.starting_points import (
    Answers,
    StartingPoint,
    made_up_accounts,
    spec_text,
    starting_points,
)

SUGGESTED = "tabular"
NO_CI = "none"
SYSTEMS = ("github", "gitlab", "codepipeline", NO_CI)


def problem(answers: Answers) -> tuple[str, str] | None:
    """Return what is wrong with the spec that follows from the answers: where, and what.

    None if it can be planned.
    """
    from groundplan.blueprints.plan.project import plan
    from groundplan.blueprints.spec import parse_spec

    try:
        plan(parse_spec(spec_text(answers)))
    except SpecErrors as exc:
        first = exc.problems[0]
        return first.path, f"{first.problem}, got {first.got}; {first.fix}"
    except PlanError as exc:
        return exc.path, f"{exc.problem}, got {exc.got!r}; {exc.fix}"
    return None


def checked(answers: Answers, accounts: tuple[str, ...]) -> Answers:
    """Return the answers with accounts as they were given by `--account`.

    Raises:
        InputError: If an account is wrong, or has a key that the starting point lacks.
        GroundplanError: If no valid spec follows.
    """
    point = starting_points()[answers.template]
    answers = replace(answers, accounts=_given_accounts(point, accounts))
    if answers.budget is not None and answers.owner is None:
        raise InputError(
            "--budget", "needs an owner, who is told", got=answers.budget, fix="give --owner too"
        )
    _check(answers)
    return answers


def _check(answers: Answers) -> None:
    wrong = problem(answers)
    if wrong is not None:
        raise GroundplanError(": ".join(wrong))


def ask(directory: Path, known: Mapping[str, Any], accounts: tuple[str, ...]) -> Answers:
    """Return what somebody at a terminal answers; what is ``known`` is not asked.

    Nothing is written before the last answer.

    Raises:
        click.Abort: If they give up.
    """
    try:
        without_budget = {name: value for name, value in known.items() if name != "budget"}
        answers = Answers(**without_budget)  # a budget needs an owner, who is asked for
        _check(answers)  # no answer mends a wrong flag
        answers = _ask(answers, known, accounts)
        click.echo()
        click.echo(spec_text(answers))
        if not click.confirm(f"Write this to {directory / 'groundplan.yaml'}?", default=True):
            raise click.Abort
    except (click.Abort, KeyboardInterrupt) as exc:
        click.echo("\nnothing was written", err=True)
        raise click.Abort from exc
    return answers


def _ask(answers: Answers, known: Mapping[str, Any], accounts: tuple[str, ...]) -> Answers:
    points = starting_points()
    width = max(map(len, points))
    click.echo("What to start from:")
    for point in points.values():
        click.echo(f"  {point.name:{width}}  {point.title}")
    kind = click.prompt("Kind of model", type=click.Choice(list(points)), default=SUGGESTED)
    answers = replace(answers, template=kind)
    point = points[kind]
    given = _given_accounts(point, accounts)
    for name, question in (("project", "Project"), ("organization", "Organisation")):
        if name not in known:
            answers = _field(answers, name, question, getattr(answers, name))
    answers = replace(answers, budget=known.get("budget"))
    if "owner" not in known:
        answers = _field(answers, "owner", "Address that is told of alarms (empty: nobody)", "")
    if "region" not in known:
        answers = _field(answers, "region", "Region", answers.region)
    answers = replace(answers, accounts=given or _ask_accounts(point))
    if "repository" not in known:
        answers = _ask_delivery(answers, known)
    if "budget" not in known and answers.owner:  # who is told when it is nearly spent
        answers = replace(answers, budget=_ask_budget())
    _check(answers)  # flags, and all answers together
    return answers


def _field(answers: Answers, name: str, question: str, default: str) -> Answers:
    """Ask for one field until the spec accepts it."""
    found: str = click.prompt(
        question,
        default=default,
        show_default=bool(default),
        value_proc=_accepted(lambda text: _with(answers, name, text)),
    )
    return _with(answers, name, found)


def _with(answers: Answers, name: str, text: str) -> Answers:
    change: dict[str, Any] = {name: text or None}
    return replace(answers, **change)


def _accepted(put: Callable[[str], Answers]) -> Callable[[str], str]:
    """What click calls with each text that is entered; its error is shown and the question repeated."""

    def check(text: str) -> str:
        wrong = problem(put(text.strip()))
        if wrong is not None:
            raise click.UsageError(wrong[1])
        return text.strip()

    return check


def _ask_accounts(point: StartingPoint) -> dict[str, str]:
    made_up = made_up_accounts(point)
    if len(point.accounts) > 1:
        question = f"Accounts: one for all, or one each for {', '.join(point.accounts)}"
        several = click.prompt(question, type=click.Choice(["one", "several"]), default="several")
        if several == "one":
            only = _account("Account id", made_up[point.accounts[0]])
            return dict.fromkeys(point.accounts, only)
    ids: dict[str, str] = {}
    for key in point.accounts:
        ids[key] = _account(f"Account id of {key}", made_up[key])
    return ids


def _account(question: str, default: str) -> str:
    found: str = click.prompt(question, default=default, value_proc=_account_id)
    return found


def _account_id(text: str) -> str:
    digits = _digits(text)
    if digits is None:
        raise click.UsageError(
            f"an account id has 12 digits, got {text!r}; copy it from the console"
        )
    return digits


def _digits(text: str) -> str | None:
    """The id as the spec has it, of one written with the console's hyphens too; None if it is none."""
    digits = text.replace("-", "").replace(" ", "")
    return digits if re.fullmatch("[0-9]{12}", digits) else None


def _ask_delivery(answers: Answers, known: Mapping[str, Any]) -> Answers:
    ci: Any = known.get("ci")
    if ci is None:
        ci = click.prompt("CI system that deploys", type=click.Choice(SYSTEMS), default=SYSTEMS[0])
    if ci == NO_CI:
        return answers
    default = f"{answers.organization}/{answers.project}"
    return _field(replace(answers, ci=ci), "repository", "Its repository", default)


def _ask_budget() -> int | None:
    budget: int = click.prompt("Budget in USD a month (0: none)", default="0", value_proc=_usd)
    return budget or None


def _usd(text: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", text.strip()):
        raise click.UsageError(
            f"must be a whole number of USD, got {text!r}; write 500, or 0 for none"
        )
    return int(text)


def _given_accounts(point: StartingPoint, accounts: tuple[str, ...]) -> dict[str, str]:
    """Ids by key, as ``--account`` gave them; one with a key counts more than the one for all."""
    every: dict[str, str] = {}
    own: dict[str, str] = {}
    for text in accounts:
        key, equals, number = text.rpartition("=")
        if equals and key not in point.accounts:
            raise InputError(
                "--account",
                f"{point.name} has no such account",
                got=key,
                fix=f"use one of {', '.join(point.accounts)}",
            )
        digits = _digits(number)
        if digits is None:
            raise InputError(
                "--account",
                "an account id has 12 digits",
                got=number,
                fix="copy it from the console",
            )
        target = own if equals else every
        ids = {key: digits} if equals else dict.fromkeys(point.accounts, digits)
        if any(target.get(name, digits) != digits for name in ids):
            raise InputError(
                "--account",
                f"given twice {f'for {key}' if equals else 'for all accounts'}",
                got=number,
                fix=f"write KEY=ID, with a key of {', '.join(point.accounts)}",
            )
        target |= ids
    return every | own
