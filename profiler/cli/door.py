"""Finds the command, loads only its module, and turns errors into one message."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import profiler
from profiler.errors import SdprofError, did_you_mean

# Command, module and summary; a module is imported only when its command is called.
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("profiler.cli.demo", "measure the embedded model here: table, recommendation, report"),
    "run": ("profiler.cli.run", "measure the cells of a suite on this machine"),
    "plan": ("profiler.cli.plan", "show which cells of a suite would run, and why others not"),
    "suites": ("profiler.cli.suites", "list, show and validate suites"),
    "results": ("profiler.cli.results", "list, show and export what is stored"),
    "recommend": ("profiler.cli.recommend", "name the best configuration, with its evidence"),
    "report": ("profiler.cli.report", "write the HTML report"),
    "claims": ("profiler.cli.claims", "put what is commonly claimed about compression to the test"),
    "export": ("profiler.cli.export", "write a compressed model into a folder, without pickle"),
    "devices": ("profiler.cli.devices", "list, show, detect and validate hardware profiles"),
    "methods": ("profiler.cli.methods", "list compression methods and optimisations"),
}

INTERRUPTED = 130
PIPE_CLOSED = 141  # as a shell tells SIGPIPE: what was asked for may not have been done to its end


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 is success, 1 nothing usable, 2 a wrong input, 130 interrupted."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    _prepare_streams()
    try:
        return _dispatch(arguments)
    except SdprofError as error:
        print(f"sdprof: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("sdprof: interrupted; everything that was finished is stored", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader (head, less) has gone; keep the interpreter from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except OSError as error:
        return _refused_by_the_system(error)
    except ModuleNotFoundError as error:
        return _missing_package(error)


def _prepare_streams() -> None:
    """What standard streams need where the user's set-up is odd."""
    if os.name == "posix":
        for descriptor in (0, 1, 2):
            try:
                os.fstat(descriptor)
            except OSError:
                # Started with a closed stream: a pipe to a worker must not get its number.
                os.open(os.devnull, os.O_RDWR)
    # Python has no object for a stream that was closed.
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - stays
    # A terminal that cannot show a letter gets its code instead of an error.
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")


def _refused_by_the_system(error: OSError) -> int:
    """A file or folder that the system refuses in a place where no room expected it."""
    _trace_if_asked()
    where = f"{os.fsdecode(error.filename)}: " if error.filename is not None else ""
    with contextlib.suppress(OSError):  # standard error itself may be what is refused
        print(
            f"sdprof: {where}{error.strerror or error}; check the path, your rights to it and the "
            "free space (SDPROF_DEBUG=1 shows where it happened)",
            file=sys.stderr,
        )
    return 2


def _trace_if_asked() -> None:
    if os.environ.get("SDPROF_DEBUG"):
        import traceback

        traceback.print_exc()


def _missing_package(error: ModuleNotFoundError) -> int:
    if error.name is None or error.name.split(".")[0] == "profiler":
        raise error
    _trace_if_asked()
    print(
        f"sdprof: the package {error.name!r} is not installed; measuring needs: "
        "pip install 'sdprof[run]'",
        file=sys.stderr,
    )
    return 2


def _dispatch(arguments: list[str]) -> int:
    if not arguments or arguments[0] in {"-h", "--help", "help"}:
        print(_overview())
        return 0
    if arguments[0] in {"-V", "--version"}:
        print(f"sdprof {profiler.__version__}")
        return 0
    name = arguments[0]
    if name not in COMMANDS:
        kind = "option" if name.startswith("-") else "command"
        hint = did_you_mean(name, COMMANDS)
        print(f"sdprof: unknown {kind} {name!r}{hint}", file=sys.stderr)
        return 2
    module_name, summary = COMMANDS[name]
    module = importlib.import_module(module_name)
    parser = argparse.ArgumentParser(
        prog=f"sdprof {name}", description=summary[0].upper() + summary[1:] + "."
    )
    module.add_arguments(parser)
    code: int = module.run(parser.parse_args(arguments[1:]))
    return code


def _overview() -> str:
    width = max(map(len, COMMANDS))
    lines = [
        "usage: sdprof COMMAND ...",
        "",
        "Benchmark and hardware profiler for Stable Diffusion compression.",
        "",
        *(f"  {name:<{width}}  {summary}" for name, (_, summary) in COMMANDS.items()),
        "",
        "`sdprof COMMAND --help` tells more; `sdprof demo` is a good start.",
    ]
    return "\n".join(lines)
