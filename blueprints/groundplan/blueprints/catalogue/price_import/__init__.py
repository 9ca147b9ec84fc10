"""Import of AWS's public bulk price files: streamed, staged, and committed whole or not at all."""

from groundplan.blueprints.catalogue.price_import.run import ImportResult, import_prices

__all__ = ["ImportResult", "import_prices"]
