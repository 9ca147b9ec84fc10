"""Blast radius: what an attacker with each role could reach."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from groundplan.blueprints.prove.attempts import Attempt, attempts
from groundplan.blueprints.prove.claim import Case
from groundplan.blueprints.prove.kept import kept
from groundplan.blueprints.prove.model import Role
from groundplan.blueprints.prove.reach import COLUMNS, Thing, becomes, starts, things


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What a role reaches of one kind."""

    own: tuple[Thing, ...]
    """What its own policies let it reach."""

    through: tuple[Thing, ...]
    """What it reaches besides by becoming other roles: by assuming them, by handing them to a service
    that runs what it says, or by updating a stack that has a role of its own."""

    def __str__(self) -> str:
        """Names, those reached through other roles in brackets."""
        own = [item.name for item in self.own]
        through = [f"({item.name})" for item in self.through]
        return ", ".join((*own, *through))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What a role reaches of everything."""

    role: Role
    """The role."""

    cells: tuple[Cell, ...]
    """One for each column."""

    becomes: tuple[str, ...]
    """ARNs of all roles that it becomes, directly or through others."""

    starts: tuple[str, ...]
    """ARNs of the roles whose work it sets off, directly or through others. They do what their state
    machine or build says and nothing that the attacker says."""

    def reached(self) -> tuple[Thing, ...]:
        """Return everything that it reaches, in either way."""
        return tuple(item for cell in self.cells for item in (*cell.own, *cell.through))


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """Roles by what they reach."""

    columns: tuple[str, ...]
    """What is asked of each role."""

    rows: tuple[Row, ...]
    """One for each role of the project, sorted by ARN."""


class Reach:
    """What roles of one world reach, each looked at once."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._roles = {role.arn: role for role in case.world.roles if role.kind != "person"}
        self._own: dict[str, tuple[Thing, ...]] = {}
        self._edges: dict[tuple[str, str], tuple[str, ...]] = {}

    def rows(self) -> Iterator[Row]:
        """Yield a row for each role of the project."""
        for role in self._roles.values():
            yield self.row(role)

    def row(self, role: Role) -> Row:
        """Return what one role reaches."""
        become = self._closure(role.arn, "becomes", becomes)
        own = self.own(role.arn)
        behind = {
            (item.column, item.scope, item.name): item
            for other in become
            for item in self.own(other)
        }
        for item in own:
            behind.pop((item.column, item.scope, item.name), None)
        return Row(
            role=role,
            cells=tuple(
                Cell(
                    own=tuple(item for item in own if item.column == column),
                    through=tuple(
                        behind[key] for key in sorted(behind) if behind[key].column == column
                    ),
                )
                for column in COLUMNS
            ),
            becomes=become,
            starts=self._closure(role.arn, "starts", starts),
        )

    def own(self, arn: str) -> tuple[Thing, ...]:
        """Return what a role's own policies let it reach."""
        if arn not in self._own:
            found = things(self._case) if arn in self._roles else ()
            self._own[arn] = tuple(item for item in found if way(self._case, arn, item))
        return self._own[arn]

    def _closure(
        self, arn: str, kind: str, edges: Callable[[Case, Role], Iterable[str]]
    ) -> tuple[str, ...]:
        """Return all roles behind a role, those behind others included."""
        seen: set[str] = set()
        waiting = [arn]
        while waiting:
            one = waiting.pop()
            if (kind, one) not in self._edges:
                role = self._roles.get(one)
                found = edges(self._case, role) if role is not None else ()
                self._edges[kind, one] = tuple(dict.fromkeys(found))
            fresh = {*self._edges[kind, one]} - seen - {arn}
            seen |= fresh
            waiting += sorted(fresh)
        return tuple(sorted(seen))


def way(case: Case, arn: str, thing: Thing) -> tuple[Attempt, ...]:
    """Return the requests by which a role has a thing; none if there is no way."""
    trial = attempts(case.world)
    for requests in thing.ways:
        found = []
        for action, resource, context in requests:
            attempt = trial.allowed(arn, action, resource, context)
            if attempt is None:
                break
            found.append(attempt)
        else:
            return tuple(found)
    return ()


@kept
def reach(case: Case) -> Reach:
    """Return what tells what roles of a case reach, made once for each case."""
    return Reach(case)


@kept
def matrix(case: Case) -> Matrix:
    """Return what each role of a project reaches."""
    return Matrix(columns=COLUMNS, rows=tuple(reach(case).rows()))
