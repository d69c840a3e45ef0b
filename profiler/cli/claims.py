"""`sdprof claims`: what is commonly claimed about compression, and what holds of it."""

from __future__ import annotations

import argparse
from pathlib import Path

from profiler.analysis.claims.gathering import gather_rows
from profiler.analysis.claims.json_view import as_json
from profiler.analysis.claims.judge import counts, judge_all
from profiler.analysis.claims.rows import Rows
from profiler.cli import targets, terminal
from profiler.errors import InputError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `sdprof claims`."""
    parser.add_argument("--device", help="judge by what was measured there (default: here)")
    parser.add_argument("--out", metavar="FILE", help="write a page that can be published")
    parser.add_argument("--force", action="store_true", help="replace an existing file")
    targets.add_store(parser)
    targets.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Judge every claim; what is computed needs no results at all."""
    if arguments.out and arguments.json:
        raise InputError("--out and --json exclude each other: leave one out")
    rows = _rows(arguments)
    if arguments.out:
        from profiler.report.claims_page import write_claims

        path = write_claims(rows, Path(arguments.out), force=arguments.force)
        terminal.say(f"claims: {path.resolve()}")
        return 0
    judgements = judge_all(rows)
    if arguments.json:
        terminal.say_json(as_json(rows, judgements))
        return 0
    lines = [[j.claim.id, j.verdict.value, j.found or j.reason] for j in judgements]
    terminal.say(f"by what was measured on {rows.device_name}, and by exact computation:\n")
    terminal.say(terminal.table(["claim", "verdict", "found"], lines))
    told = ", ".join(f"{verdict}: {number}" for verdict, number in counts(judgements).items())
    terminal.say(f"\n{told}\nReasons and evidence: sdprof claims --out claims.html")
    return 0


def _rows(arguments: argparse.Namespace) -> Rows:
    """The device's rows; without a default store there are none yet, and that is no mistake."""
    if arguments.store is None and not targets.store_path(arguments).exists():
        profile = targets.profile(arguments.device)
        terminal.warn("nothing is measured yet; `sdprof run claims` fills the rest in")
        return Rows(profile.id, profile.name, profile.kind, ())
    with targets.existing_store(arguments) as store:
        return gather_rows(store, targets.device_id(arguments.device, store))
