"""What an update of a generated repository did."""

from dataclasses import dataclass, field
from pathlib import Path

from groundplan.blueprints.generator.merge import Conflict
from groundplan.blueprints.generator.render import Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Updated:
    """What an update changed, or, with `check`, would change."""

    directory: Path
    """The repository."""

    former: str
    """Version of groundplan that it was rendered with before."""

    version: str
    """Version of groundplan that it is rendered with now."""

    before: Tree = field(default_factory=dict)
    """Content of files that are changed or removed, as it was; sorted."""

    after: Tree = field(default_factory=dict)
    """Content of files that are changed or added, as it is now; sorted."""

    moves: dict[str, str] = field(default_factory=dict)
    """Files that were changed where the team moved them to: their former paths by new ones."""

    kept: tuple[str, ...] = ()
    """Files that templates make no more and that stay because they were edited or moved."""

    conflicts: tuple[Conflict, ...] = ()
    """What only a person can merge; marked in the files where they can hold marks."""

    unresolved: tuple[str, ...] = ()
    """Files with conflict markers of an earlier update."""

    waiting: bool = False
    """Whether something would be merged, and is not as long as there are `unresolved` files."""

    plan_changed: bool = False
    """Whether the plan is another one than that of the last update."""

    interrupted: bool = False
    """With `check`: whether an update was killed while it was put in place."""

    recovered: str = ""
    """What was done about an update that was killed: ``completed`` or ``undone``."""

    @property
    def added(self) -> tuple[str, ...]:
        """Files that are new."""
        return tuple(path for path in self.after if path not in self.before)

    @property
    def changed(self) -> tuple[str, ...]:
        """Files whose content or permissions are others."""
        return tuple(path for path in self.after if path in self.before)

    @property
    def removed(self) -> tuple[str, ...]:
        """Files that templates make no more and nobody edited."""
        return tuple(path for path in self.before if path not in self.after)

    @property
    def done(self) -> bool:
        """Whether nothing changes and nothing is left to be resolved."""
        return not (
            self.before or self.after or self.conflicts or self.unresolved or self.interrupted
        )
