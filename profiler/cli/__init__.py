"""The door: one module per command group; it wires and never works.

door      finds the command, turns errors into one message and exit code 2
terminal  everything that is printed: tables, quantities, notes, JSON
progress  how a sweep shows its progress: bar, plain lines or JSON lines
targets   shared flags: which store, which device
demo run plan suites results recommend report claims devices methods   the commands
"""


def main() -> int:
    """Entry point of the `sdprof` command; returns the exit code."""
    from profiler.cli.door import main as enter

    return enter()
