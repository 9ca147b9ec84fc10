"""Mutants that no claim needs to catch, each with the reason why.

A reason is a predicate on what was changed. It is asked only of mutants that all claims let pass, so
that it never hides one that a claim catches.
"""

from collections.abc import Callable

from benchmarks.prove_mutants import Mutant

STRICTER = frozenset({"drop-condition", "drop-all-conditions"})
LESS = frozenset({"remove-action", "remove-resource", "remove-statement"})
ONE_KIND = ("arn:aws:ec2:", "arn:aws:kms:")
"""Services of which the boundary's actions know one kind of resource each."""


def _lower_ceiling(mutant: Mutant) -> bool:
    return mutant.policy == "boundary" and mutant.effect == "Allow" and mutant.kind in LESS


def _refuses_more(mutant: Mutant) -> bool:
    return mutant.effect == "Deny" and mutant.kind in STRICTER


def _denied_twice(mutant: Mutant) -> bool:
    return mutant.policy == "boundary" and mutant.effect == "Deny" and mutant.kind in LESS


def _no_such_action(mutant: Mutant) -> bool:
    return mutant.statement == "KeepRoles" and mutant.detail in ("iam:Add*", "iam:Remove*")


def _kind_unknown(mutant: Mutant) -> bool:
    _, _, wider = mutant.detail.partition(" to ")
    return mutant.kind == "widen-last-part" and wider.startswith(ONE_KIND) and wider.endswith(":*")


def _not_let_in(mutant: Mutant) -> bool:
    return mutant.statement == "DenyOutsideOrganization" and mutant.kind in LESS


def _own_account(mutant: Mutant) -> bool:
    return mutant.kind == "swap-principal" and "-cfn-exec-role-* to " in mutant.detail


def _cannot_assume(mutant: Mutant) -> bool:
    return mutant.statement == "Deployers" and mutant.kind == "swap-principal"


def _after_run_time(mutant: Mutant) -> bool:
    before, _, wider = mutant.detail.partition(" to ")
    at_run_time = "*" in before.removesuffix("*")
    return mutant.kind == "widen-last-part" and at_run_time and wider.startswith(_fixed(before))


def _fixed(pattern: str) -> str:
    return pattern.partition("*")[0]


REASONS: tuple[tuple[str, Callable[[Mutant], bool]], ...] = (
    (
        "A boundary allows nothing, and may be lower: no work of this example needs its height here",
        _lower_ceiling,
    ),
    (
        "Denied twice: what this statement of the boundary denies, no other statement allows",
        _denied_twice,
    ),
    (
        "Denied twice: what this statement keeps from others, no statement of the policy allows them",
        _not_let_in,
    ),
    ("It refuses more than before, and no work of this example is refused", _refuses_more),
    ("IAM has no such action on roles or policies", _no_such_action),
    ("The actions of the statement know no resource of another kind", _kind_unknown),
    (
        "Refused twice: roles that the trust no longer excludes have no sts:AssumeRole of their own",
        _cannot_assume,
    ),
    (
        "Work is known up to the first part of a name that is made at run time, no further",
        _after_run_time,
    ),
    ("The same role: the pattern stood for it in every account", _own_account),
)
"""Reasons, and which mutants they are about; the first that fits counts."""


def reason(mutant: Mutant) -> str | None:
    """Return why a mutant may survive; ``None`` where no reason is known."""
    return next((text for text, fits in REASONS if fits(mutant)), None)
