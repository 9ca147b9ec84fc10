import json
from decimal import Decimal
from itertools import product
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator
from hypothesis import given, settings
from hypothesis import strategies as st

from groundplan.blueprints.cost import Offering, purchase_request
from groundplan.blueprints.cost.purchase import OFFERING_ID, PAYMENTS, TERM_SECONDS, upfront_usd
from groundplan.blueprints.errors import InputError

NO, PARTIAL, ALL = (Offering(1, one) for one in ("no_upfront", "partial_upfront", "all_upfront"))


@pytest.fixture(scope="module")
def model() -> Any:
    return botocore.session.get_session().get_service_model("savingsplans")


@pytest.mark.parametrize(("offering", "queued"), list(product((NO, PARTIAL, ALL), (True, False))))
def test_the_api_takes_the_request(model: Any, offering: Offering, queued: bool) -> None:
    made = purchase_request(
        Decimal("4.2"),
        offering,
        purchase_time="2027-01-01T00:00:00Z" if queued else None,
        tags={"project": "fraud"},
    )
    body = json.loads(made.json())
    shape = model.operation_model("CreateSavingsPlan").input_shape
    assert not ParamValidator().validate(body, shape).has_errors()
    assert set(body) <= set(shape.members)
    assert set(shape.required_members) <= set(body)
    assert body["commitment"] == "4.20000"
    assert body["savingsPlanOfferingId"] == OFFERING_ID
    assert ("purchaseTime" in body) is queued
    assert ("upfrontPaymentAmount" in body) is (offering is PARTIAL)


def test_names_and_terms_are_those_of_the_api(model: Any) -> None:
    assert set(PAYMENTS.values()) == set(model.shape_for("SavingsPlanPaymentOption").enum)
    assert TERM_SECONDS == {1: 365 * 86400, 3: 3 * 365 * 86400}


def test_what_is_paid_when() -> None:
    assert purchase_request(Decimal("0.5"), NO).upfront_usd == 0
    whole = purchase_request(Decimal("0.5"), Offering(3, "all_upfront"))
    assert whole.upfront_usd == 13140
    assert whole.recurring_usd_per_hour == 0
    half = purchase_request(Decimal("0.50001"), PARTIAL)
    assert half.body["upfrontPaymentAmount"] == "2191"  # a half is 2,190.04 USD
    assert half.upfront_usd + half.recurring_usd_per_hour * 8760 == pytest.approx(
        half.total_usd, abs=Decimal("0.05")
    )


@given(st.integers(100, 10**11), st.sampled_from([1, 3]), st.decimals("0.5", "0.99", places=4))
@settings(max_examples=200, deadline=None)
def test_a_partial_payment_is_whole_and_in_bounds(steps: int, term: int, share: Decimal) -> None:
    commitment = steps * Decimal("0.00001")
    total = commitment * 8760 * term
    amount = upfront_usd(commitment, Offering(term, "partial_upfront"), share)  # type: ignore[arg-type]
    assert amount == int(amount)
    assert total / 2 <= amount <= total * Decimal("0.99")


def test_the_same_request_has_the_same_token() -> None:
    first = purchase_request(Decimal("4.2"), NO)
    assert first == purchase_request(Decimal("4.20"), NO)
    others = [
        purchase_request(Decimal("4.3"), NO),
        purchase_request(Decimal("4.2"), ALL),
        purchase_request(Decimal("4.2"), NO, purchase_time="2027-01-01T00:00:00Z"),
    ]
    tokens = {made.body["clientToken"] for made in [first, *others]}
    assert len(tokens) == 4


def test_the_readme_says_that_nothing_is_bought() -> None:
    made = purchase_request(Decimal("4.2"), PARTIAL)
    assert "Nothing has been bought, and groundplan never buys anything." in made.readme
    assert "Commitment: 4.20000 USD an hour for 1 year, Partial Upfront." in made.readme
    assert "Paid over the term, whatever is used: 36,792.00 USD." in made.readme
    assert "cannot be cancelled" in made.readme
    queued = purchase_request(Decimal("4.2"), PARTIAL, purchase_time="2027-01-01T00:00:00Z")
    assert "At 2027-01-01T00:00:00Z; `aws savingsplans delete-queued-savings-plan`" in queued.readme


@pytest.mark.parametrize("commitment", ["0", "0.00099", "1000000.00001", "0.0010001", "-1"])
def test_fails_on_a_commitment_that_is_not_sold(commitment: str) -> None:
    with pytest.raises(InputError) as raised:
        purchase_request(Decimal(commitment), NO)
    assert str(raised.value) == (
        f"commitment: not one that AWS sells, got {Decimal(commitment)!r}; "
        "give 0.001 to 1000000 USD an hour with at most five decimals"
    )


def test_fails_on_what_aws_refuses() -> None:
    with pytest.raises(InputError, match="given for No Upfront"):
        purchase_request(Decimal(1), NO, upfront_share=Decimal("0.5"))
    for share in ("0.49", "1"):
        with pytest.raises(InputError, match="AWS does not take it"):
            purchase_request(Decimal(1), PARTIAL, upfront_share=Decimal(share))
    for time in ("2027-01-01", "2027-13-01T00:00:00Z", "2027-01-01T00:00:00+01:00"):
        with pytest.raises(InputError, match="purchase time: not a time in UTC"):
            purchase_request(Decimal(1), NO, purchase_time=time)
