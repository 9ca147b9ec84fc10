"""Mutants that no claim needs to catch, each with the reason why."""

from collections.abc import Callable

from benchmarks.prove_mutants import Mutant

REASONS: tuple[tuple[str, Callable[[Mutant], bool]], ...] = ()
"""Reasons, and which mutants they are about; the first that fits counts."""


def reason(mutant: Mutant) -> str | None:
    """Return why a mutant may survive; ``None`` where no reason is known."""
    return next((text for text, fits in REASONS if fits(mutant)), None)
