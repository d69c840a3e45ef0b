"""What a run is asked to do, and everything that is known before it starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from profiler.devices.detect import LocalDevice, local_device
from profiler.orchestrate.environment import bench_environment, usable_cores
from profiler.orchestrate.launcher import isolation_here
from profiler.orchestrate.plan import Plan, make_plan
from profiler.records.environment import Environment
from profiler.records.suite import SuiteSpec
from profiler.store.protocol import Store


@dataclass(frozen=True)
class RunOptions:
    """How a suite is run.

    `fresh` measures again what is stored, `only` selects cells by an expression, `device` is a
    torch device or "auto", `isolation` is "auto", "fork" or "fresh". After `time_budget_s` no cell
    is started any more. `faults` maps a cell's id to a fault ("first_image:abort") that its worker
    makes on purpose, for tests; see `records.job`.
    `allow_pickle` lets weights be read that are not safetensors, which can run code.
    """

    fresh: bool = False
    only: str | None = None
    run_name: str = ""
    time_budget_s: float | None = None
    device: str = "auto"
    isolation: str = "auto"
    faults: Mapping[str, str] = field(default_factory=dict)
    allow_pickle: bool = False


def prepare(
    spec: SuiteSpec, store: Store, options: RunOptions
) -> tuple[LocalDevice, Environment, Plan]:
    """The device, the environment and the plan that `run_suite` would follow; starts nothing."""
    isolation = isolation_here(options.isolation)
    device = local_device(options.device)
    environment = bench_environment(device, threads_for(spec), isolation)
    finished = store.finished(environment.device_id, environment.environment_id)
    plan = make_plan(
        spec,
        device.profile,
        finished,
        options.fresh,
        options.only,
        summaries=store.summaries(device_id=environment.device_id),
    )
    return device, environment, plan


def threads_for(spec: SuiteSpec) -> int:
    """Threads of a worker: what the suite says, else the physical cores that we may use."""
    return spec.measure.threads or usable_cores()
