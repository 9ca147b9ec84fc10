"""What each role reaches: by itself, by becoming others, by making others do their work."""

from groundplan.blueprints.prove.reach.edges import becomes, starts
from groundplan.blueprints.prove.reach.things import COLUMNS, Thing, things

__all__ = ["COLUMNS", "Thing", "becomes", "starts", "things"]
