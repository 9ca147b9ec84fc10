"""Makes the customers of this example, the same ones every time: `python generate.py`."""

import csv
import math
from pathlib import Path
from random import Random

HERE = Path(__file__).parent
COLUMNS = (
    "customer_id",
    "age",
    "country",
    "contract",
    "payment",
    "tenure_months",
    "monthly_fee_eur",
    "data_gb",
    "support_calls",
    "late_payments",
    "churned",
)
CUSTOMERS = 4000
LATER_CUSTOMERS = 400
PRICE_RISE = 1.03
HELD_OUT_EVERY = 5


def customer(random: Random, number: int) -> dict[str, object]:
    """One customer: who leaves follows from the contract, the fee, the service and chance."""
    contract = random.choices(("monthly", "annual", "two_year"), (55, 30, 15))[0]
    tenure = min(int(random.expovariate(1 / 26)), 180)
    data = random.lognormvariate(2.2, 0.8)
    fee = 9 + 4.5 * math.sqrt(data) + random.gauss(0, 4) - (4 if contract == "two_year" else 0)
    calls = int(random.expovariate(0.9))
    late = int(random.expovariate(1.4))
    payment = random.choices(("card", "transfer", "invoice"), (60, 25, 15))[0]
    score = (
        -1.9
        + {"monthly": 1.5, "annual": -0.3, "two_year": -1.6}[contract]
        + 0.07 * (fee - 22)
        - 0.035 * tenure
        + (1.1 if calls >= 3 else 0.25 * calls)
        + 0.5 * late
        + (0.5 if payment == "invoice" else 0)
    )
    left = random.random() < 1 / (1 + math.exp(-1.6 * score))
    return {
        "customer_id": f"C{number:06d}",
        "age": min(18 + int(random.gammavariate(4, 8)), 99),
        "country": random.choices(("AT", "BE", "DE", "FR", "NL"), (1, 1, 5, 4, 2))[0],
        "contract": contract,
        "payment": payment,
        "tenure_months": tenure,
        "monthly_fee_eur": f"{max(fee, 5):.2f}",
        "data_gb": "" if random.random() < 0.02 else f"{data:.1f}",
        "support_calls": calls,
        "late_payments": late,
        "churned": int(left),
    }


def later(random: Random, number: int) -> dict[str, object]:
    """A customer of the month after, when prices had risen."""
    row = customer(random, number)
    row["monthly_fee_eur"] = f"{PRICE_RISE * float(str(row['monthly_fee_eur'])):.2f}"
    return row


def spoiled(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """The same customers after a broken export."""
    copies = [dict(row) for row in rows[:300]]
    for number, row in enumerate(copies):
        if number % 60 == 0:
            row["age"] = 212
        if number % 50 == 1:
            row["monthly_fee_eur"] = "-12.00"
        if number % 40 == 2:
            row["contract"] = "forever"
        if number % 4 == 3:
            row["data_gb"] = ""
    copies[7]["customer_id"] = copies[8]["customer_id"]
    return copies


def write(path: Path, rows: list[dict[str, object]]) -> None:
    """Write a CSV file with a header."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main(target: Path = HERE) -> None:
    """Write ``train/``, ``test/``, ``future/`` and the spoiled ``bad/`` below ``target``."""
    random = Random(20261121)
    rows = [customer(random, number) for number in range(1, CUSTOMERS + 1)]
    beyond = range(CUSTOMERS + 1, CUSTOMERS + LATER_CUSTOMERS + 1)
    held_out = rows[::HELD_OUT_EVERY]
    kept = [row for number, row in enumerate(rows) if number % HELD_OUT_EVERY]
    write(target / "train" / "customers.csv", kept)
    write(target / "test" / "customers.csv", held_out)
    write(target / "future" / "customers.csv", [later(random, number) for number in beyond])
    write(target / "bad" / "train" / "customers.csv", spoiled(kept))
    write(target / "bad" / "test" / "customers.csv", held_out)


if __name__ == "__main__":
    main()
