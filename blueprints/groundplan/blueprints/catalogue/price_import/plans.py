"""Rates of SageMaker Savings Plans, from AWS's file of them.

Form: AWS, "Reading your price list file for Savings Plans": ``terms.savingsPlan[]`` with a
``description``, a ``leaseContractLength`` and ``rates[]``, each with ``discountedUsageType``,
``discountedRate`` and, in newer files, ``discountedRegionCode``.
"""

import re
from collections.abc import Collection
from typing import Any

from groundplan.blueprints.catalogue.price_import.reading import (
    BUFFER_BYTES,
    BulkFile,
    exact_usd,
    is_hour,
    parser,
)
from groundplan.blueprints.catalogue.price_import.stage import Stage
from groundplan.blueprints.catalogue.price_import.usage_type import read_usage

_PLAN = "terms.savingsPlan.item"
_RATE = f"{_PLAN}.rates.item"
_PRODUCT = "products.item"
_DESCRIPTION = re.compile(
    r"([13]) year (No|Partial|All) Upfront (?:Amazon )?SageMaker(?: AI)? Savings Plans?",
    re.IGNORECASE,
)
_USAGE_TYPE = re.compile(r"SageMakerSP:([13])yr(No|Partial|All)Upfront", re.IGNORECASE)
_OTHER = "name a file of AWSMachineLearningSavingsPlans; nothing was imported"


def read_plans(
    file: BulkFile, stage: Stage, source: str, date: str, regions: Collection[str]
) -> int:
    """Take the rates of one Savings Plan file; return how many.

    Memory does not grow with the number of rates: each is taken as it passes.

    Args:
        file: The file.
        stage: Where the rates go; what is left out is counted there.
        source: What is said to be the source of each rate.
        date: Day on which AWS published the file.
        regions: Regions to keep; all if empty.

    Raises:
        InputError: If the file is cut off or malformed, is not of SageMaker Savings Plans, or has
            a currency that is not USD.
    """
    by_sku: dict[str, tuple[str, str]] = {}
    plan: dict[str, Any] = {}
    rate: dict[str, Any] = {}
    product: dict[str, Any] = {}
    number = taken = left = 0
    start, rate_start, product_start = f"{_PLAN}.", f"{_RATE}.", f"{_PRODUCT}."
    file.rewind()
    with file.faults():
        for prefix, event, value in parser().parse(file, buf_size=BUFFER_BYTES):
            if prefix.startswith(rate_start):
                if event in ("string", "number"):
                    rate[prefix[len(rate_start) :]] = value
            elif prefix == _RATE:
                if event == "end_map":
                    reason = _keep(file, stage, number, rate, regions)
                    taken, left = (taken, left + 1) if reason else (taken + 1, left)
                    if reason:
                        stage.skipped[reason] += 1
                    rate.clear()
            elif prefix == _PLAN:
                if event == "end_map":
                    kind = _kind(file, plan, by_sku)
                    if kind:
                        stage.add_plan(number, *kind)
                    number += 1
                    plan.clear()
            elif prefix.startswith(start):
                if event in ("string", "number"):
                    plan[prefix[len(start) :]] = value
            elif prefix == _PRODUCT:
                if event == "end_map":
                    match = _USAGE_TYPE.fullmatch(str(product.get("usageType")))
                    if match:
                        by_sku[str(product.get("sku"))] = _term(match)
                    product.clear()
            elif prefix.startswith(product_start) and event == "string":
                product[prefix[len(product_start) :]] = value
    if not number:
        file.refuse(
            "terms.savingsPlan",
            "this is neither an offer file nor one of Savings Plans",
            "no plan",
            "name the index.json of AmazonSageMaker or of AWSMachineLearningSavingsPlans",
        )
    made = stage.end_file(source, date)
    if taken > made:
        stage.skipped["a rate of another kind of plan"] += taken - made
    if not made:
        file.refuse(
            "terms.savingsPlan",
            "there is no rate of a SageMaker Savings Plan in it",
            "none",
            _OTHER,
        )
    return made


def _kind(
    file: BulkFile, plan: dict[str, Any], by_sku: dict[str, tuple[str, str]]
) -> tuple[str, str] | None:
    """Return term and payment of a plan of SageMaker, or None for one of another service."""
    match = _DESCRIPTION.fullmatch(str(plan.get("description")))
    kind = _term(match) if match else by_sku.get(str(plan.get("sku")))
    years = plan.get("leaseContractLength.duration")
    if kind and years is not None and str(years) != kind[0]:
        file.refuse(
            f"terms.savingsPlan, SKU {plan.get('sku')}",
            f"a plan of {kind[0]} years has a lease of {years}",
            plan.get("description"),
        )
    return kind


def _term(match: re.Match[str]) -> tuple[str, str]:
    return match[1], f"{match[2].lower()}_upfront"


def _keep(
    file: BulkFile, stage: Stage, number: int, rate: dict[str, Any], regions: Collection[str]
) -> str | None:
    """Take one rate, or return why it is left out."""
    place = f"terms.savingsPlan, rate {rate.get('rateCode')}"
    if rate.get("discountedServiceCode") != "AmazonSageMaker":
        return "a rate of another service"
    usage = read_usage(rate.get("discountedUsageType"))
    if usage is None:
        return "not the hour of an instance"
    if usage.component is None:
        return "a component without a place in a plan, such as notebooks"
    region = rate.get("discountedRegionCode") or usage.region
    if not isinstance(region, str):
        return "a region that is not known"
    if regions and region not in regions:
        return "another region"
    if not is_hour(rate.get("unit")):
        return "a unit that is not an hour"
    if rate.get("discountedRate.currency") != "USD":
        file.refuse(
            place,
            "rates must be in USD",
            rate.get("discountedRate.currency"),
            "groundplan plans the regions that AWS bills in USD; nothing was imported",
        )
    usd = exact_usd(rate.get("discountedRate.price"))
    if usd is None:
        file.refuse(place, "this is not a rate", rate.get("discountedRate.price"))
    if usd == "0":
        return "a price of zero"
    stage.add_rate(number, usage.instance_type, usage.component, region, usd)
    return None
