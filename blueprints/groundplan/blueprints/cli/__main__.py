"""``python -m groundplan.blueprints.cli`` is the ``groundplan`` command."""

from groundplan.blueprints.cli import main

main()
