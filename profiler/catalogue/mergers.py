"""Several models made one, and other formats for single parts, as data."""

from __future__ import annotations

from profiler.records.catalogue import MethodSpec

MERGE, CAST = 15, 40

MERGERS: tuple[MethodSpec, ...] = ()
