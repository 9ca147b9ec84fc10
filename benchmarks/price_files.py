"""Bulk price files in AWS's form, of any size, and what it costs to import them.

``python -m benchmarks.price_files`` prints a table; tests use the generators for small files.
"""

import argparse
import os
import sys
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import TextIO

from benchmarks.measure import cost, python

from groundplan.blueprints.catalogue import instance_types, regions

CODES = {"us-east-1": "USE1", "eu-west-1": "EU", "eu-central-1": "EUC1", "ap-south-1": "APS3"}
COMPONENTS = {
    "training": ("Train", "Training"),
    "hosting": ("Host", "Hosting"),
    "processing": ("Processing", "Processing"),
    "batch_transform": ("Tsform", "BatchTransform"),
    "asynchronous": ("AsyncInf", "AsyncInf"),
}
"""Components of groundplan: the middle of AWS's usage type, and its attribute ``component``."""

OTHERS = {"Notebk": "Notebook", "Studio": "Studio-Notebook", "Cluster": "Cluster"}
"""Components that an import leaves out."""

PLANS = {
    (term, payment): f"{term} year {payment} Upfront SageMaker Savings Plan"
    for term in (1, 3)
    for payment in ("No", "Partial", "All")
}
OFFER_HEAD = """{
  "formatVersion" : "v1.0",
  "disclaimer" : "This pricing list is for informational purposes only.",
  "offerCode" : "AmazonSageMaker",
  "version" : "20261114093015",
  "publicationDate" : "2026-11-14T09:30:15Z",
  "products" : {
"""
PRODUCT = """    "{sku}" : {{
      "sku" : "{sku}",
      "productFamily" : "ML Instance",
      "attributes" : {{
        "servicecode" : "AmazonSageMaker",
        "location" : "{region}",
        "locationType" : "AWS Region",
        "instanceName" : "{name}",
        "vCpu" : "{vcpus}",
        "memory" : "{memory:g} GiB",
        "gpu" : "N/A",
        "networkPerformance" : "Up to 10 Gigabit",
        "computeType" : "Standard Instances",
        "physicalCpu" : "{vcpus}",
        "usagetype" : "{code}-{what}:{name}",
        "operation" : "RunInstance",
        "component" : "{component}",
        "platoinstancename" : "{name}",
        "platoinstancetype" : "{component}",
        "regionCode" : "{region}",
        "servicename" : "Amazon SageMaker"
      }}
    }}"""
TERM = """      "{sku}" : {{
        "{sku}.JRTCKXETXF" : {{
          "offerTermCode" : "JRTCKXETXF",
          "sku" : "{sku}",
          "effectiveDate" : "2026-11-01T00:00:00Z",
          "priceDimensions" : {{
            "{sku}.JRTCKXETXF.6YS6EN2CT7" : {{
              "rateCode" : "{sku}.JRTCKXETXF.6YS6EN2CT7",
              "description" : "${usd} per {component} {name} hour in {region}",
              "beginRange" : "0",
              "endRange" : "Inf",
              "unit" : "Hrs",
              "pricePerUnit" : {{
                "USD" : "{usd}"
              }},
              "appliesTo" : [ ]
            }}
          }},
          "termAttributes" : {{ }}
        }}
      }}"""
PLAN_HEAD = """{
  "version" : "20261114093015",
  "publicationDate" : "2026-11-14T09:30:15Z",
  "regionCode" : "any",
  "products" : [ ],
  "terms" : {
    "savingsPlan" : [
"""
PLAN = """      {{
        "sku" : "{sku}",
        "description" : "{description}",
        "effectiveDate" : "2026-11-01T00:00:00Z",
        "leaseContractLength" : {{
          "duration" : {term},
          "unit" : "year"
        }},
        "rates" : [
"""
RATE = """          {{
            "discountedSku" : "{sku}",
            "discountedUsageType" : "{code}-{what}:{name}",
            "discountedOperation" : "RunInstance",
            "discountedServiceCode" : "AmazonSageMaker",
            "rateCode" : "{plan}.{sku}",
            "unit" : "Hrs",
            "discountedRate" : {{
              "price" : "{usd}",
              "currency" : "USD"
            }},
            "discountedRegionCode" : "{region}",
            "discountedInstanceType" : "{name}"
          }}"""


def price(name: str, component: str, region: str) -> Decimal:
    """Return the made-up price of one thing in USD an hour; the same in every run."""
    return Decimal(1 + zlib.crc32(f"{name} {component} {region}".encode()) % 400_000) / 10_000


def rate(name: str, component: str, region: str, term: int, payment: str) -> Decimal:
    """Return the made-up rate of one thing under a plan."""
    share = {"No": Decimal("0.9"), "Partial": Decimal("0.85"), "All": Decimal("0.8")}[payment]
    return (price(name, component, region) * share / term).quantize(Decimal("1e-10"))


def _things(
    names: Sequence[str], places: Sequence[str], copies: int
) -> Iterator[dict[str, object]]:
    """Yield what each product is; copies beyond the first are of components left out."""
    shapes = instance_types()
    others = list(OTHERS.items())
    kinds = [(ours, *aws) for ours, aws in COMPONENTS.items()]
    kinds += [
        ("other", f"{what}{'x' * (index // len(others))}", component)
        for index in range(copies)
        for what, component in [others[index % len(others)]]
    ]
    for number, (region, name, (ours, what, component)) in enumerate(product(places, names, kinds)):
        code = CODES.get(region, "".join(part[0] for part in region.split("-")).upper())
        yield {
            "sku": f"{number:016X}",
            "region": region,
            "code": code,
            "name": name,
            "what": what,
            "component": component,
            "vcpus": shapes[name].vcpus,
            "memory": shapes[name].memory_gib,
            "usd": f"{price(name, ours, region):.10f}",
            "ours": ours,
        }


def _join(file: TextIO, texts: Iterator[str]) -> None:
    file.writelines(f",\n{text}" if index else text for index, text in enumerate(texts))


def write_offer(path: Path, names: Sequence[str], places: Sequence[str], copies: int = 3) -> Path:
    """Write an offer file with every component of ``names`` in ``places``.

    Args:
        path: File to write.
        names: Instance types.
        places: Regions.
        copies: Products of other components that each type has besides.
    """
    with path.open("w", encoding="utf-8") as file:
        file.write(OFFER_HEAD)
        _join(file, (PRODUCT.format_map(thing) for thing in _things(names, places, copies)))
        file.write('\n  },\n  "terms" : {\n    "OnDemand" : {\n')
        _join(file, (TERM.format_map(thing) for thing in _things(names, places, copies)))
        file.write('\n    }\n  },\n  "attributesList" : { }\n}\n')
    return path


def write_plans(path: Path, names: Sequence[str], places: Sequence[str], copies: int = 1) -> Path:
    """Write a file of the rates of all six SageMaker Savings Plans."""
    with path.open("w", encoding="utf-8") as file:
        file.write(PLAN_HEAD)
        for index, ((term, payment), description) in enumerate(PLANS.items()):
            plan = f"PLAN{term}{payment.upper()}"
            file.write(",\n" if index else "")
            file.write(PLAN.format(sku=plan, description=description, term=term))
            _join(
                file,
                (
                    RATE.format_map(
                        thing
                        | {
                            "plan": plan,
                            "usd": rate(
                                str(thing["name"]),
                                str(thing["ours"]),
                                str(thing["region"]),
                                term,
                                payment,
                            ),
                        }
                    )
                    for thing in _things(names, places, copies)
                ),
            )
            file.write("\n        ]\n      }")
        file.write("\n    ]\n  }\n}\n")
    return path


IMPORT = """
import resource, sys
from pathlib import Path
from groundplan.blueprints.catalogue.price_import import import_prices
done = import_prices([Path({source!r})], Path({out!r}))
print(done.kept, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, file=sys.stderr)
"""


def main() -> None:
    """Measure and print."""
    import subprocess

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--copies", type=int, default=30, help="other products of each type")
    copies = parser.parse_args().copies
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    names, everywhere = list(instance_types()), list(regions())
    print("file                           MiB    prices   seconds   CPU s   peak MiB")
    with tempfile.TemporaryDirectory() as made:
        for title, write, places, more in (
            ("offer, 1 region", write_offer, everywhere[:1], 3),
            (f"offer, {len(everywhere)} regions", write_offer, everywhere, copies),
            ("Savings Plans, 1 region", write_plans, everywhere[:1], 3),
            (f"Savings Plans, {len(everywhere)} regions", write_plans, everywhere, 3),
        ):
            source, out = Path(made) / "index.json", Path(made) / "prices.csv"
            write(source, names, places, more)
            code = IMPORT.format(source=str(source), out=str(out))
            done = subprocess.run(
                [sys.executable, "-c", code], capture_output=True, text=True, check=True
            )
            kept, peak = map(float, done.stderr.split())
            found = cost(python(code), runs=1)
            size = source.stat().st_size / 2**20
            print(
                f"{title:<27} {size:>6.1f}  {kept:>8.0f}  {found.wall:>8.2f}"
                f"  {found.cpu:>6.2f}  {peak:>9.0f}"
            )


if __name__ == "__main__":
    main()
