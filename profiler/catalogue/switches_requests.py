"""Optimisations of whole requests: caches, guidance and resolution."""

from __future__ import annotations

from profiler.records.catalogue import MethodSpec

REQUEST_SWITCHES: tuple[MethodSpec, ...] = ()
