"""Prices on demand, from AWS's offer file of Amazon SageMaker.

Form: AWS, "Reading your price list file for AWS services": ``products.SKU.attributes`` and
``terms.OnDemand.SKU.TERM.priceDimensions.RATE.pricePerUnit``.
"""

from collections.abc import Collection, Mapping
from typing import Any

from groundplan.blueprints.catalogue.price_import.reading import (
    BUFFER_BYTES,
    BulkFile,
    exact_usd,
    is_hour,
    parser,
)
from groundplan.blueprints.catalogue.price_import.stage import Stage
from groundplan.blueprints.catalogue.price_import.usage_type import read_component, read_usage
from groundplan.blueprints.catalogue.price_rows import Row

OFFER = "AmazonSageMaker"
"""Code of the one offer that is read."""


def read_offer(
    file: BulkFile, stage: Stage, source: str, date: str, regions: Collection[str]
) -> int:
    """Take the prices on demand of one offer file; return how many.

    Args:
        file: The file.
        stage: Where the prices go; what is left out is counted there.
        source: What is said to be the source of each price.
        date: Day on which AWS published the file.
        regions: Regions to keep; all if empty.

    Raises:
        InputError: If the file is cut off or malformed, or has a currency that is not USD.
    """
    _read_products(file, stage, regions)
    if not stage.products():
        file.refuse("products", "there is no instance of SageMaker in it", "none", _OTHER)
    priced = _read_terms(file, stage, source, date)
    if not priced:
        file.refuse("terms.OnDemand", "there is no price on demand in it", "none", _OTHER)
    if file.saw_reserved:
        _count_reserved(file, stage)
    return priced


_OTHER = "name the offer file of AmazonSageMaker for your region; nothing was imported"


def _read_products(file: BulkFile, stage: Stage, regions: Collection[str]) -> None:
    file.rewind()
    with file.faults():
        for sku, product in parser().kvitems(file, "products", buf_size=BUFFER_BYTES):
            attributes = product.get("attributes") if isinstance(product, dict) else None
            if not isinstance(attributes, dict):
                file.refuse(f"products.{sku}", "a product has attributes", type(product).__name__)
            reason = _keep(file, stage, sku, attributes, regions)
            if reason:
                stage.skipped[reason] += 1


def _keep(
    file: BulkFile,
    stage: Stage,
    sku: str,
    attributes: Mapping[str, Any],
    regions: Collection[str],
) -> str | None:
    """Take one product, or return why it is left out."""
    usage = read_usage(attributes.get("usagetype"))
    if usage is None:
        return "not the hour of an instance"
    named = attributes.get("component")
    if usage.component is None:
        return "a component without a place in a plan, such as notebooks"
    if named is not None and read_component(named) != usage.component:
        return "a component that its usage type contradicts"
    region = attributes.get("regionCode") or usage.region
    if not isinstance(region, str):
        return "a region that is not known"
    if regions and region not in regions:
        return "another region"
    if not stage.add_product(sku, usage.instance_type, usage.component, region):
        file.refuse(f"products.{sku}", "one SKU stands for two products", usage.instance_type)
    return None


def _read_terms(file: BulkFile, stage: Stage, source: str, date: str) -> int:
    priced = seen = 0
    file.rewind()
    with file.faults():
        for sku, terms in parser().kvitems(file, "terms.OnDemand", buf_size=BUFFER_BYTES):
            product = stage.product(sku)
            if product is None:
                continue
            seen += 1
            prices, reason = _prices(file, f"terms.OnDemand.{sku}", terms)
            if reason or len(prices) != 1:
                stage.skipped[reason or "a price in tiers"] += 1
                continue
            usd = prices.pop()
            row = Row(*product, "", "", usd, source, date, "high")
            stage.add(row, imported=True)
            priced += 1
    if seen < stage.products():
        stage.skipped["an instance without a price on demand"] += stage.products() - seen
    return priced


def _prices(file: BulkFile, place: str, terms: object) -> tuple[set[str], str | None]:
    """Return the distinct prices of a SKU, or why there are none."""
    prices: set[str] = set()
    for code, term in _members(file, place, terms):
        dimensions = term.get("priceDimensions") if isinstance(term, dict) else None
        inside = f"{place}.{code}.priceDimensions"
        for rate, dimension in _members(file, inside, dimensions):
            if not isinstance(dimension, dict):
                file.refuse(f"{inside}.{rate}", "this is not a price", dimension)
            if not is_hour(dimension.get("unit")):
                return prices, "a unit that is not an hour"
            per_unit = dimension.get("pricePerUnit")
            if not isinstance(per_unit, dict) or "USD" not in per_unit:
                file.refuse(
                    f"{inside}.{rate}",
                    "prices must be in USD",
                    ", ".join(sorted(per_unit)) if isinstance(per_unit, dict) else per_unit,
                    "groundplan plans the regions that AWS bills in USD; nothing was imported",
                )
            usd = exact_usd(per_unit["USD"])
            if usd is None:
                file.refuse(f"{inside}.{rate}", "this is not a price", per_unit["USD"])
            if usd == "0":
                return prices, "a price of zero"
            prices.add(usd)
    return prices, None if prices else "no price at all"


def _members(file: BulkFile, place: str, value: object) -> Collection[tuple[str, Any]]:
    if not isinstance(value, dict):
        file.refuse(place, "this is not an object of JSON", type(value).__name__)
    return value.items()


def _count_reserved(file: BulkFile, stage: Stage) -> None:
    file.rewind()
    with file.faults():
        for _ in parser().kvitems(file, "terms.Reserved", buf_size=BUFFER_BYTES):
            stage.skipped["reserved terms, which are no price on demand"] += 1
