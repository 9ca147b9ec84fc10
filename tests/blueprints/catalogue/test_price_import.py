"""Import of bulk files: what is kept, what is left out and counted, and what is refused whole."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from benchmarks.price_files import price, rate, write_offer, write_plans
from hypothesis import given, settings
from hypothesis import strategies as st

from groundplan.blueprints.catalogue import PriceBook, price_book
from groundplan.blueprints.catalogue.price_book import keyed
from groundplan.blueprints.catalogue.price_import import import_prices
from groundplan.blueprints.catalogue.price_import.reading import exact_usd
from groundplan.blueprints.catalogue.price_import.usage_type import read_usage
from groundplan.blueprints.catalogue.price_rows import read_file
from groundplan.blueprints.catalogue.prices import COMPONENTS
from groundplan.blueprints.errors import InputError

NAMES = ["ml.m5.xlarge", "ml.g5.2xlarge"]
PLACES = ["us-east-1", "eu-west-1"]
EARLIER = "name,component,region,term_years,payment,usd,source,date,confidence\n"
EARLIER_ROWS = (
    "kms:key_month,service,eu-west-1,,,1,ours,2026,high\n"
    "ml.m5.xlarge,hosting,us-east-1,,,9.99,ours,2099,high\n"
)


@pytest.fixture
def offer(tmp_path: Path) -> Path:
    return write_offer(tmp_path / "offer.json", NAMES, PLACES)


@pytest.fixture
def plans(tmp_path: Path) -> Path:
    return write_plans(tmp_path / "plans.json", NAMES, PLACES)


def edited(path: Path, edit: Callable[[dict[str, Any]], object]) -> Path:
    value = json.loads(path.read_text())
    edit(value)
    path.write_text(json.dumps(value))
    return path


def first(mapping: dict[str, Any]) -> Any:
    return next(iter(mapping.values()))


def dimension(value: dict[str, Any]) -> dict[str, Any]:
    """Return the price of the first product, which is training of the first type."""
    found: dict[str, Any] = first(first(first(value["terms"]["OnDemand"]))["priceDimensions"])
    return found


def read(path: Path) -> PriceBook:
    return PriceBook(keyed(str(path), read_file(path)))


def test_every_price_and_rate_arrives_exactly(tmp_path: Path, offer: Path, plans: Path) -> None:
    done = import_prices([offer, plans], tmp_path / "prices.csv")
    book = read(tmp_path / "prices.csv")

    assert done.kept == len(NAMES) * len(PLACES) * len(COMPONENTS) * 7
    for name in NAMES:
        for place in PLACES:
            for component in COMPONENTS:
                known = book.on_demand(name, component, place)
                planned = book.plan_rate(name, component, place, 3, "partial_upfront")
                assert known is not None and planned is not None
                assert known.usd_per_hour == price(name, component, place)
                assert planned.usd_per_hour == rate(name, component, place, 3, "Partial")
                assert known.source == "AWS offer AmazonSageMaker, version 20261114093015"
                assert (known.date, known.confidence) == ("2026-11-14", "high")


def test_the_spec_of_a_cost_can_use_the_file(tmp_path: Path, offer: Path) -> None:
    import_prices([offer], tmp_path / "prices.csv")
    known = price_book(tmp_path / "prices.csv").on_demand("ml.m5.xlarge", "hosting", "us-east-1")

    assert known is not None
    assert known.usd_per_hour == price("ml.m5.xlarge", "hosting", "us-east-1")


def test_the_order_of_files_does_not_matter(tmp_path: Path, offer: Path, plans: Path) -> None:
    import_prices([offer, plans], tmp_path / "a.csv")
    import_prices([plans, offer], tmp_path / "b.csv")

    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_what_is_left_out_is_counted(tmp_path: Path, offer: Path) -> None:
    def mix(value: dict[str, Any]) -> None:
        skus = [sku for sku, p in value["products"].items() if "Host:" in str(p)]
        value["products"]["STORAGE"] = {"attributes": {"usagetype": "USE1-Host:VolumeUsage.gp2"}}
        terms = value["terms"]["OnDemand"]
        first(first(terms[skus[0]])["priceDimensions"])["unit"] = "Second"
        first(first(terms[skus[1]])["priceDimensions"])["pricePerUnit"]["USD"] = "0.0000000000"
        tier = dict(first(first(terms[skus[2]])["priceDimensions"]), pricePerUnit={"USD": "0.1"})
        first(terms[skus[2]])["priceDimensions"]["TIER"] = tier
        del terms[skus[3]]
        value["terms"]["Reserved"] = {sku: {} for sku in skus}

    done = import_prices([edited(offer, mix)], tmp_path / "prices.csv")

    assert done.kept == 20 - 4
    assert dict(done.skipped) == {
        "a component without a place in a plan, such as notebooks": 12,
        "a price in tiers": 1,
        "a price of zero": 1,
        "a unit that is not an hour": 1,
        "an instance without a price on demand": 1,
        "not the hour of an instance": 1,
        "reserved terms, which are no price on demand": 4,
    }


def test_of_prices_that_differ_none_is_kept_and_the_newer_file_wins(
    tmp_path: Path, offer: Path
) -> None:
    other = tmp_path / "other.json"
    other.write_bytes(offer.read_bytes())
    edited(other, lambda value: dimension(value)["pricePerUnit"].update(USD="1.5"))

    done = import_prices([offer, other], tmp_path / "prices.csv")
    assert done.kept == 19
    assert done.skipped["prices for one thing that differ"] == 2
    assert done.skipped["the same price again"] == 19

    edited(other, lambda value: value.update(publicationDate="2026-11-15T00:00:00Z"))
    done = import_prices([other, offer], tmp_path / "prices.csv")
    assert done.kept == 20
    assert done.skipped["an older price of the same"] == 20
    newer = read(tmp_path / "prices.csv").on_demand("ml.m5.xlarge", "training", "us-east-1")
    assert newer is not None and str(newer.usd_per_hour) == "1.5"


def test_regions_can_be_chosen(tmp_path: Path, offer: Path, plans: Path) -> None:
    done = import_prices([offer, plans], tmp_path / "prices.csv", regions=["eu-west-1"])

    assert {row.region for row in read_file(tmp_path / "prices.csv")} == {"eu-west-1"}
    assert done.skipped["another region"] == 10 * 7
    with pytest.raises(
        InputError, match="no such region, got 'eu-west-11'; did you mean 'eu-west-1'"
    ):
        import_prices([offer], tmp_path / "prices.csv", regions=["eu-west-11"])


def test_a_file_without_region_codes_uses_billing_codes(tmp_path: Path, plans: Path) -> None:
    def old(value: dict[str, Any]) -> None:
        for plan in value["terms"]["savingsPlan"]:
            plan["rates"] = [r for r in plan["rates"] if r.pop("discountedRegionCode")]

    done = import_prices([edited(plans, old)], tmp_path / "prices.csv")

    assert done.kept == 120
    assert {row.region for row in read_file(tmp_path / "prices.csv")} == set(PLACES)


def test_plans_of_other_services_are_left_out(tmp_path: Path, plans: Path) -> None:
    def compute(value: dict[str, Any]) -> None:
        value["terms"]["savingsPlan"][0]["description"] = "1 year No Upfront Compute Savings Plan"

    done = import_prices([edited(plans, compute)], tmp_path / "prices.csv")

    assert (done.kept, done.skipped["a rate of another kind of plan"]) == (100, 20)


def test_prices_that_the_files_lack_are_kept_only_when_asked(tmp_path: Path, offer: Path) -> None:
    out = tmp_path / "prices.csv"
    out.write_text(EARLIER + EARLIER_ROWS)

    assert import_prices([offer], out, add=True).kept == 21
    replaced = read(out).on_demand("ml.m5.xlarge", "hosting", "us-east-1")
    assert replaced is not None and str(replaced.usd_per_hour) != "9.99"
    assert import_prices([offer], out).kept == 20


def broken_offers() -> dict[str, tuple[Callable[[dict[str, Any]], object], str]]:
    def double(value: dict[str, Any]) -> None:
        sku = next(iter(value["products"]))
        value["products"][sku]["attributes"]["usagetype"] = "Zzz"
        value["products"][sku] = {"attributes": None}

    return {
        "euro": (lambda v: dimension(v).update(pricePerUnit={"CNY": "1"}), "prices must be in USD, got 'CNY'"),
        "no number": (lambda v: dimension(v)["pricePerUnit"].update(USD="?"), "this is not a price, got '?'"),
        "negative": (lambda v: dimension(v)["pricePerUnit"].update(USD="-1"), "this is not a price, got '-1'"),
        "infinite": (lambda v: dimension(v)["pricePerUnit"].update(USD="Infinity"), "this is not a price"),
        "list": (lambda v: dimension(v).update(pricePerUnit=[]), "prices must be in USD"),
        "attributes": (double, "a product has attributes"),
        "no terms": (lambda v: v.pop("terms"), "there is no price on demand in it"),
        "no products": (lambda v: v.update(products={}), "there is no instance of SageMaker in it"),
        "other offer": (lambda v: v.update(offerCode="AmazonEC2"), "not an offer of AmazonSageMaker, got 'AmazonEC2'"),
        "no date": (lambda v: v.pop("publicationDate"), "begins with its publicationDate and version"),
        "index": (lambda v: (v.clear(), v.update(a="b")), "begins with its publicationDate and version"),
    }  # fmt: skip


@pytest.mark.parametrize("case", broken_offers())
def test_fails_whole_on_a_malformed_offer(tmp_path: Path, offer: Path, case: str) -> None:
    edit, message = broken_offers()[case]

    assert_refused(tmp_path, edited(offer, edit), message)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda v: v["terms"]["savingsPlan"][1]["rates"][0]["discountedRate"].update(currency="CNY"), "rates must be in USD, got 'CNY'"),
        (lambda v: v["terms"]["savingsPlan"][1]["rates"][0]["discountedRate"].update(price="x"), "this is not a rate, got 'x'"),
        (lambda v: v["terms"]["savingsPlan"][1]["leaseContractLength"].update(duration=3), "a plan of 1 years has a lease of 3"),
        (lambda v: v["terms"].update(savingsPlan=[]), "neither an offer file nor one of Savings Plans"),
        (lambda v: [p.update(description="?") for p in v["terms"]["savingsPlan"]], "there is no rate of a SageMaker Savings Plan"),
    ],
)  # fmt: skip
def test_fails_whole_on_malformed_plans(
    tmp_path: Path, plans: Path, edit: Callable[[dict[str, Any]], object], message: str
) -> None:
    assert_refused(tmp_path, edited(plans, edit), message)


@pytest.mark.parametrize(
    ("usd", "message"),
    [
        ("1" * 6000, "this is not a price, got 'a number'"),
        ("1e999999999", "this is not a price, got 'a number'"),
        ("[" * 500_000 + "]" * 500_000, "nested too deep"),
        ("[" * 1000 + "]" * 1000, "this is not a price, got 'list'"),
        ("true", "this is not a price, got 'bool'"),
    ],
    ids=["long", "large", "deepest", "deep", "flag"],
)
def test_fails_on_hostile_values_in_little_memory(
    tmp_path: Path, offer: Path, usd: str, message: str
) -> None:
    text = offer.read_text()
    price_of_first = text[text.index('"USD" : ') :].partition("\n")[0]
    offer.write_text(text.replace(price_of_first, f'"USD" : {usd}', 1))

    assert_refused(tmp_path, offer, message)


def test_without_its_c_part_ijson_reads_the_same(
    tmp_path: Path, offer: Path, plans: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fast = import_prices([offer, plans], tmp_path / "fast.csv")
    monkeypatch.setattr("groundplan.blueprints.catalogue.price_import.reading.BACKEND", "none")
    slow = import_prices([offer, plans], tmp_path / "slow.csv")

    assert (fast.backend, slow.backend) == ("yajl2_c", "python")
    assert (tmp_path / "fast.csv").read_bytes() == (tmp_path / "slow.csv").read_bytes()
    offer.write_bytes(offer.read_bytes()[:-5])
    assert_refused(tmp_path, offer, "this price file is cut off, or is not JSON")


@pytest.mark.parametrize("kind", ["offer", "plans"])
@pytest.mark.parametrize("share", [0, 0.001, 0.1, 0.5, 0.9, 0.9999])
def test_fails_whole_on_a_file_that_is_cut_off(
    tmp_path: Path, kind: str, share: float, request: pytest.FixtureRequest
) -> None:
    path: Path = request.getfixturevalue(kind)
    text = path.read_bytes().rstrip()
    path.write_bytes(text[: int(share * len(text))])

    assert_refused(tmp_path, path, "this price file is cut off, or is not JSON")


def test_fails_whole_when_the_second_file_is_bad(tmp_path: Path, offer: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text(offer.read_text() + "}")

    assert_refused(tmp_path, offer, "bad.json: this price file is cut off, or is not JSON", bad)


def assert_refused(tmp_path: Path, path: Path, message: str, *more: Path) -> None:
    out = tmp_path / "out" / "prices.csv"
    out.parent.mkdir()
    out.write_text(EARLIER + EARLIER_ROWS)

    with pytest.raises(InputError) as failure:
        import_prices([path, *more], out)

    assert message in str(failure.value)
    assert str((more or (path,))[-1]) in str(failure.value)
    assert out.read_text() == EARLIER + EARLIER_ROWS
    assert list(out.parent.iterdir()) == [out]


def test_fails_to_overwrite_what_is_no_file_of_prices(tmp_path: Path, offer: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("mine")

    with pytest.raises(InputError, match="this is not a file of prices"):
        import_prices([offer], notes)
    assert notes.read_text() == "mine"
    with pytest.raises(InputError, match="this file cannot be written"):
        import_prices([offer], tmp_path / "missing" / "prices.csv")
    with pytest.raises(InputError, match=r"offer.json: this file of prices|not a file of prices"):
        import_prices([offer], offer)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@settings(max_examples=40, deadline=None)
def test_fails_on_any_bytes_without_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    folder = tmp_path_factory.mktemp("any")
    (folder / "any.json").write_bytes(data)

    with pytest.raises(InputError):
        import_prices([folder / "any.json"], folder / "prices.csv")
    assert not (folder / "prices.csv").exists()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("USE1-Host:ml.m5.xlarge", ("hosting", "us-east-1", "ml.m5.xlarge")),
        ("EU-Train:ml.p4d.24xlarge", ("training", "eu-west-1", "ml.p4d.24xlarge")),
        ("EUC1-Tsform:ml.c5.xlarge", ("batch_transform", "eu-central-1", "ml.c5.xlarge")),
        ("Processing:ml.m5.large", ("processing", None, "ml.m5.large")),
        ("USE1-Notebk:ml.t3.medium", (None, "us-east-1", "ml.t3.medium")),
        ("XYZ9-Host:ml.p6-b200.48xlarge", ("hosting", None, "ml.p6-b200.48xlarge")),
        ("USE1-Host:VolumeUsage.gp2", None),
        ("USE1-Host:ml.m5.xlarge-Spot", None),
        (None, None),
    ],
)
def test_usage_types(text: str | None, found: tuple[str, str, str] | None) -> None:
    assert read_usage(text) == found


@pytest.mark.parametrize(
    ("text", "plain"),
    [("0.2300000000", "0.23"), ("113", "113"), ("0.0", "0"), ("1E-5", "0.00001"), ("120", "120")]
    + [(bad, None) for bad in ("", "a", "-1", "-0.5", "NaN", "1e20", "1e-31", None, True)],
)
def test_prices_keep_every_digit(text: object, plain: str | None) -> None:
    assert exact_usd(text) == plain
