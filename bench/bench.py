#!/usr/bin/env python3
"""bench.py [--seconds S] [--rounds N] [--write] [NAME...] - measures emitted C against what else there is.

NAME is a part or a problem of problems.py; without any, all. Contestants of a problem whose loss and
derivative agree are timed in turn, N rounds of S seconds each, of which the medians are shown. --write
puts the tables of whole parts into README.md, in the place of what they found before."""
import argparse
import datetime
import re
from functools import partial

import compiling
import competition
import first_epoch
import growth
import machine
from problems import HERE, PROBLEMS

WORK = HERE / "work"
README = HERE / "README.md"

PARTS = {
    "machine": machine.tables,
    "regression": partial(competition.tables, "regression"),
    "networks": partial(competition.tables, "networks"),
    "gradbench": partial(competition.tables, "gradbench"),
    "first_epoch": first_epoch.tables,
    "compiling": compiling.tables,
    "growth": growth.tables,
}


def read_options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=0.1)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    groups = {problem.name: problem.group for problem in PROBLEMS}
    for name in options.names:
        if name not in PARTS and name not in groups:
            parser.error(f"no part or problem '{name}': {' '.join([*PARTS, *groups])}")
    options.parts = [part for part in PARTS if not options.names or part in options.names
                     or part in map(groups.get, options.names)]
    options.wanted = lambda name: not options.names or name in options.names or groups[name] in options.names
    return options


def write(part, tables):
    """Puts them between the part's marks."""
    marks = re.compile(f"(?<=<!-- {part} -->\n).*(?=<!-- end of {part} -->)", re.S)
    text = "\n".join(["", f"Measured on {datetime.date.today()}.", "", *map(str, tables), ""])
    README.write_text(marks.sub(lambda _: text, README.read_text()))


def main():
    options = read_options()
    WORK.mkdir(exist_ok=True)
    for part in options.parts:
        tables = []
        for table in PARTS[part](WORK, options):
            tables.append(table)
            print(table, flush=True)
        if options.write and (part in options.names or not options.names):
            write(part, tables)


if __name__ == "__main__":
    main()
