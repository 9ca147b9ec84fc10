"""Everything that is decided, proved and computed about a project as one self-contained HTML page."""

from groundplan.blueprints.report.content import Changes, Content, content
from groundplan.blueprints.report.page import page

__all__ = ["Changes", "Content", "content", "page"]
