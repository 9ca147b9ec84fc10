"""The request that buys a Savings Plan, as a file; nothing is ever bought here."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from groundplan.blueprints.cost.commitment import Offering
from groundplan.blueprints.cost.search import GRANULARITY, LARGEST, SMALLEST
from groundplan.blueprints.errors import InputError

OFFERING_ID = "FILL-IN-offeringId-FROM-DescribeSavingsPlansOfferings"
"""Stands for the offering's id, which only AWS knows; AWS refuses it as it is."""

TERM_SECONDS = {1: 31_536_000, 3: 94_608_000}
"""Length of a term. Source: DescribeSavingsPlansOfferings, botocore 1.44.5."""

PAYMENTS = {
    "no_upfront": "No Upfront",
    "partial_upfront": "Partial Upfront",
    "all_upfront": "All Upfront",
}
"""AWS's names. Source: SavingsPlanPaymentOption, botocore 1.44.5."""

LEAST_UPFRONT, MOST_UPFRONT = Decimal("0.50"), Decimal("0.99")
"""Bounds of a partial payment, shares of the plan's total value. Source: CreateSavingsPlan,
botocore 1.44.5."""

UTC_TIME = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseRequest:
    """Input of CreateSavingsPlan, and how to use it."""

    body: Mapping[str, str | Mapping[str, str]]
    """The fields of the request; all but the offering's id are ready."""

    upfront_usd: Decimal
    """Paid at the start."""

    recurring_usd_per_hour: Decimal
    """Paid in every hour of the term, five decimals."""

    total_usd: Decimal
    """Paid over the term, whatever is used."""

    readme: str
    """How the request is completed and sent; it says that nothing is bought yet."""

    def json(self) -> str:
        """The request as the file that ``--cli-input-json`` takes."""
        return json.dumps(self.body, indent=2, sort_keys=True) + "\n"


def upfront_usd(commitment: Decimal, offering: Offering, share: Decimal | None = None) -> Decimal:
    """What is paid at the start: everything, nothing, or a whole number of USD.

    Args:
        commitment: USD an hour.
        offering: Term and payment option.
        share: Share of the total for a partial payment. Default: the least that AWS takes, a half.

    Raises:
        InputError: If a share is given without a partial payment, is out of bounds, or the plan
            is too small for a whole number of USD within them.
    """
    total = total_usd(commitment, offering)
    if offering.payment != "partial_upfront":
        if share is not None:
            raise InputError(
                "upfront share",
                f"given for {PAYMENTS[offering.payment]}",
                got=share,
                fix="leave it out, or choose partial_upfront",
            )
        return total if offering.payment == "all_upfront" else Decimal(0)
    wanted = LEAST_UPFRONT if share is None else share
    if not LEAST_UPFRONT <= wanted <= MOST_UPFRONT:
        raise InputError(
            "upfront share",
            "AWS does not take it",
            got=share,
            fix=f"give a share from {LEAST_UPFRONT} to {MOST_UPFRONT}",
        )
    amount = (total * wanted).to_integral_value(rounding=ROUND_CEILING)
    most = (total * MOST_UPFRONT).to_integral_value(rounding=ROUND_FLOOR)
    amount = min(amount, most)
    if amount < total * LEAST_UPFRONT:
        raise InputError(
            "commitment",
            f"total value of {total:.2f} USD has no whole number of USD from 50 to 99 %",
            got=commitment,
            fix="choose no_upfront or all_upfront",
        )
    return amount


def total_usd(commitment: Decimal, offering: Offering) -> Decimal:
    """What a commitment costs over its term, USD."""
    return commitment * TERM_SECONDS[offering.term_years] / 3600


def purchase_request(
    commitment: Decimal,
    offering: Offering,
    *,
    upfront_share: Decimal | None = None,
    purchase_time: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> PurchaseRequest:
    """The request for a commitment; written to a file by the caller, sent by a person.

    The client token is a hash of the content, so that AWS takes the same file twice for
    one purchase.

    Args:
        commitment: To buy, USD an hour.
        offering: Term and payment option.
        upfront_share: Share of the total for a partial payment. Default: a half.
        purchase_time: UTC, as ``2027-01-01T00:00:00Z``: the plan is queued until then and can be
            deleted before. Default: it starts at once and cannot be cancelled.
        tags: Tags of the plan. Default: none.

    Raises:
        InputError: If AWS does not sell the commitment, or would refuse a field.
    """
    if not (SMALLEST <= commitment <= LARGEST and commitment % GRANULARITY == 0):
        raise InputError(
            "commitment",
            "not one that AWS sells",
            got=commitment,
            fix=f"give {SMALLEST} to {LARGEST} USD an hour with at most five decimals",
        )
    if purchase_time is not None and not _is_utc(purchase_time):
        raise InputError(
            "purchase time",
            "not a time in UTC",
            got=purchase_time,
            fix="write it as 2027-01-01T00:00:00Z",
        )
    upfront = upfront_usd(commitment, offering, upfront_share)
    total = total_usd(commitment, offering)
    body: dict[str, str | Mapping[str, str]] = {
        "savingsPlanOfferingId": OFFERING_ID,
        "commitment": f"{commitment:.5f}",
    }
    if offering.payment == "partial_upfront":
        body["upfrontPaymentAmount"] = f"{upfront:.0f}"
    if purchase_time is not None:
        body["purchaseTime"] = purchase_time
    if tags:
        body["tags"] = dict(sorted(tags.items()))
    content = json.dumps([body, offering.term_years, offering.payment], sort_keys=True)
    body["clientToken"] = hashlib.sha256(content.encode()).hexdigest()[:36]
    hours = Decimal(TERM_SECONDS[offering.term_years]) / 3600
    recurring = ((total - upfront) / hours).quantize(GRANULARITY)
    return PurchaseRequest(
        body=body,
        upfront_usd=upfront,
        recurring_usd_per_hour=recurring,
        total_usd=total,
        readme=_readme(commitment, offering, upfront, recurring, total, purchase_time),
    )


def _is_utc(text: str) -> bool:
    try:
        return datetime.strptime(text, UTC_TIME).strftime(UTC_TIME) == text
    except ValueError:
        return False


def _readme(
    commitment: Decimal,
    offering: Offering,
    upfront: Decimal,
    recurring: Decimal,
    total: Decimal,
    purchase_time: str | None,
) -> str:
    years = "1 year" if offering.term_years == 1 else "3 years"
    start = (
        "As soon as it is sent, and then it cannot be cancelled."
        if purchase_time is None
        else f"At {purchase_time}; `aws savingsplans delete-queued-savings-plan` undoes it before."
    )
    return f"""# Request for a SageMaker Savings Plan

Nothing has been bought, and groundplan never buys anything.

- Commitment: {commitment:.5f} USD an hour for {years}, {PAYMENTS[offering.payment]}.
- Paid at the start: {upfront:,.2f} USD; in every hour: {recurring:.5f} USD.
- Paid over the term, whatever is used: {total:,.2f} USD.
- It starts: {start}

1. Find the offering, in the account that shall own the plan:

   ```
   aws savingsplans describe-savings-plans-offerings --product-type SageMaker \\
     --plan-types SageMaker --durations {TERM_SECONDS[offering.term_years]} \\
     --payment-options "{PAYMENTS[offering.payment]}" --currencies USD
   ```

2. Compare its rates with those that the commitment was computed from:

   ```
   aws savingsplans describe-savings-plans-offering-rates --savings-plan-offering-ids OFFERING
   ```

3. Put its `offeringId` into the request in place of `{OFFERING_ID}`.
4. To buy:

   ```
   aws savingsplans create-savings-plan --cli-input-json file://savings-plan-request.json
   ```
"""
