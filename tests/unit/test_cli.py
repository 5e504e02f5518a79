"""The command line hands its arguments on."""

import runpy
import sys

import pytest

from router import cli


def test_help_of_the_bench_is_the_benchs_own(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[list[str]] = []
    monkeypatch.setattr(sys, "argv", ["liveqr", "bench", "scans", "--help"])
    monkeypatch.setattr(runpy, "run_module", lambda _name, run_name: given.append(sys.argv[1:]))

    with pytest.raises(SystemExit):
        cli.main()

    assert given == [["scans", "--help"]]
