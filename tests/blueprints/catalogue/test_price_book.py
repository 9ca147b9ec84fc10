from dataclasses import FrozenInstanceError
from decimal import Decimal
from pathlib import Path

import pytest

from groundplan.blueprints.catalogue import instance_types, price_book, regions
from groundplan.blueprints.catalogue.price_rows import HEADER
from groundplan.blueprints.errors import InputError

USES = {"training": "training", "hosting": "hosting", "processing": "processing"} | {
    "batch_transform": "batch"
}
MINE = "ml.m5.xlarge,hosting,us-east-1,,,0.2,our contract,2026-11,high"


def written(tmp_path: Path, *rows: str, header: str = ",".join(HEADER)) -> Path:
    path = tmp_path / "prices.csv"
    path.write_text("\n".join(["# ours", header, *rows]) + "\n", encoding="utf-8")
    return path


def test_a_price_says_for_what_and_from_where() -> None:
    price = price_book().on_demand("ml.g5.12xlarge", "hosting", "us-east-1")

    assert price is not None
    assert price.usd_per_hour == Decimal("7.09")
    assert (price.date, price.confidence) == ("2026-08", "high")
    with pytest.raises(FrozenInstanceError):
        price.date = "2027"  # type: ignore[misc]


def test_components_have_prices_of_their_own() -> None:
    book = price_book()
    hosting = book.on_demand("ml.g6.xlarge", "hosting", "us-east-1")
    training = book.on_demand("ml.g6.xlarge", "training", "us-east-1")

    assert hosting is not None and training is not None
    assert (hosting.usd_per_hour, training.usd_per_hour) == (Decimal("1.1267"), Decimal("1.127"))


def test_what_is_not_known_is_not_borrowed() -> None:
    book = price_book()

    assert book.on_demand("ml.g5.12xlarge", "hosting", "us-west-2") is None
    assert book.on_demand("ml.m5.xlarge", "asynchronous", "us-east-1") is None
    assert book.on_demand("ml.g5.8xlarge", "hosting", "us-east-1") is None
    assert book.plan_rate("ml.m5.xlarge", "training", "us-east-1", 1, "no_upfront") is None
    assert book.service("sns:http_1000000", "us-east-1") is None


def test_the_one_public_plan_rate() -> None:
    rate = price_book().plan_rate("ml.m4.16xlarge", "training", "us-east-1", 1, "partial_upfront")

    assert rate is not None and rate.usd_per_hour == Decimal("2.60544")
    assert rate.date == "2023-10-27"


def test_prices_of_services() -> None:
    key = price_book().service("kms:key_month", "eu-central-1")

    assert key is not None and key.usd == 1
    with pytest.raises(KeyError):
        price_book().service("kms:key_moth", "eu-central-1")


def test_prices_are_of_types_that_sagemaker_offers_for_the_use() -> None:
    shapes = instance_types()
    priced = [row for row in price_book().rows() if row.component in USES and not row.payment]

    assert len(priced) > 100
    for row in priced:
        assert getattr(shapes[row.name], USES[row.component]), row
    assert {row.region for row in price_book().rows()} <= set(regions())


def test_a_price_of_ones_own_replaces_the_known_one(tmp_path: Path) -> None:
    service = "sns:http_1000000,service,us-east-1,,,0.60,AWS bill,2026-10,high"
    book = price_book(written(tmp_path, MINE, service))
    price = book.on_demand("ml.m5.xlarge", "hosting", "us-east-1")
    http = book.service("sns:http_1000000", "us-east-1")

    assert price is not None and (price.usd_per_hour, price.source) == (
        Decimal("0.2"),
        "our contract",
    )
    assert http is not None and http.usd == Decimal("0.60")
    assert book.on_demand("ml.m5.large", "hosting", "us-east-1") is not None
    untouched = price_book().on_demand("ml.m5.xlarge", "hosting", "us-east-1")
    assert untouched is not None and untouched.usd_per_hour == Decimal("0.23")


@pytest.mark.parametrize(
    ("row", "line", "message"),
    [
        (
            MINE.replace("hosting", "hostin"),
            3,
            "no such component, got 'hostin'; did you mean 'hosting'?",
        ),
        (MINE.replace("0.2,", "-1,"), 3, "a price is a positive number of USD, got '-1'"),
        (MINE.replace("0.2,", "0.00,"), 3, "a price is a positive number of USD, got '0.00'"),
        (MINE.replace("0.2,", "nan,"), 3, "a price is a positive number of USD, got 'nan'"),
        (MINE.replace("0.2,", "1e3,"), 3, "a price is a positive number of USD, got '1e3'"),
        (MINE.replace(",,,", ",2,no_upfront,"), 3, "term_years and payment name a Savings Plan"),
        (MINE.replace(",,,", ",1,,"), 3, "term_years and payment name a Savings Plan"),
        (MINE.replace(",high", ",sure"), 3, "confidence is high or low, got 'sure'"),
        (MINE.replace("our contract", ""), 3, "source is missing"),
        (MINE.replace("ml.m5", "m5"), 3, "instance types of SageMaker begin with ml."),
        (MINE + ",more", 3, "a price has 9 columns, got 10"),
        ("kms:key,service,us-east-1,,,1,a,b,low", 3, "no such price of a service, got 'kms:key'"),
    ],
)
def test_fails_at_the_line_of_a_bad_row(tmp_path: Path, row: str, line: int, message: str) -> None:
    path = written(tmp_path, row)

    with pytest.raises(InputError) as failure:
        price_book(path)

    assert str(failure.value).startswith(f"{path}:{line}: {message}")


def test_fails_when_one_thing_has_two_prices(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"two prices of ml\.m5\.xlarge hosting us-east-1, got"):
        price_book(written(tmp_path, MINE, MINE.replace("0.2,", "0.3,")))


def test_fails_on_another_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="this is not a file of prices"):
        price_book(written(tmp_path, header="a,b"))
    with pytest.raises(InputError, match="cannot be read, got 'No such file or directory'"):
        price_book(tmp_path / "missing.csv")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="is not UTF-8"):
        price_book(tmp_path / "binary.csv")
