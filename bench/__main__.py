"""``python -m bench [--quick] [section …]``: measure, print tables, keep the figures as JSON."""

import argparse
import sys
import time

from bench import machine, report
from bench.ledgers import postgres_version
from bench.report import Table
from bench.run import Section, new_run
from bench.sections.callbacks import on_postgresql, on_sqlite
from bench.sections.flood import flood
from bench.sections.kf import kf
from bench.sections.memory import memory
from bench.sections.rules import rules
from bench.sections.scans import scans
from bench.sections.versions import versions
from bench.sections.waiting import waiting
from bench.sections.whatif import whatif
from router.clock import system_clock

SECTIONS: dict[str, Section] = {
    "callbacks": on_sqlite,
    "postgresql": on_postgresql,
    "flood": flood,
    "kf": kf,
    "scans": scans,
    "waiting": waiting,
    "memory": memory,
    "rules": rules,
    "versions": versions,
    "whatif": whatif,
}


def main() -> int:
    """Run the sections named; 1 when a bar was missed."""
    arguments = _arguments()
    tables: list[Table] = []
    with new_run(quick=arguments.quick) as run:
        for name in arguments.sections or SECTIONS:
            began = time.monotonic()
            for table in SECTIONS[name](run):
                tables.append(table)
                print("\n".join(table.lines()), flush=True)
                for miss in table.failed:
                    print(f"- **missed** {miss}", flush=True)
                print()
            print(f"({name}: {time.monotonic() - began:.0f} s)\n", flush=True)
        here = machine.this_machine(postgres_version(run.postgres) if _used_postgresql(arguments) else "")
    print("\n".join(here.lines()))
    print(f"\nkept in {report.save(here, tables, system_clock())}")
    return 1 if any(table.failed for table in tables) else 0


def _used_postgresql(arguments: argparse.Namespace) -> bool:
    return not arguments.sections or "postgresql" in arguments.sections


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description="Measure liveqr against ceilings of the same run.")
    parser.add_argument("--quick", action="store_true", help="once and little: for a glance, in under 90 seconds")
    parser.add_argument("sections", nargs="*", metavar="section", help=", ".join(SECTIONS))
    arguments = parser.parse_args()
    unknown = set(arguments.sections) - SECTIONS.keys()
    if unknown:
        parser.error(f"no such section: {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
