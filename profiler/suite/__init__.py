"""From a YAML file to cells: reading, checking, expanding, selecting; no torch.

load         finds a suite by its name or path and reads it
build        a suite's file to a `SuiteSpec`, and what its own patterns left out
source       YAML text to plain data that remembers line and column of every value
problems     gathers what is wrong in a file and raises it as one message
shape        pydantic models of the file's form; also the origin of the JSON Schema
translate    pydantic's errors as sentences with line and column
resolve      checks names and parameters against the catalogue
axes         models and axes: the values to combine
exclude      patterns: which cells are left out
expand       axes, include and baseline to cells
measuring    prompts, measurement settings and metrics of a suite
feasibility  why a cell cannot run on a device
exports      why a cell cannot start from an exported folder
one          one configuration, inline or in a file, for `sdprof export`
select       the expressions of `--only`
units        sizes, durations, shares and resolutions as people write them
schema       the JSON Schema for editors
"""

from profiler.suite.load import load_suite, shipped

__all__ = ["load_suite", "shipped"]
