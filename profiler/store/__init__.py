"""The memory: every measurement with the environment that produced it.

protocol   what every store promises, the contract of all backends
opening    a path or URL to a store
sqlite     the store in a SQLite file
memory     the store in this process, for tests and trials
schema     the SQL of the SQLite store, as numbered steps, and the upgrade from older ones
connect    SQLite connections for writing and for reading, also from read-only media
trouble    SQLite's errors in words: what, where, next move
rows       records to database rows and back
condense   a measurement to its summary, and which of several counts
plain      summaries and quantities as plain JSON values
table      summaries as flat rows, with units in the column names
export     summaries to CSV, JSON and Parquet files

Everything that `sdprof recommend` needs from here loads the standard library only.
"""

from profiler.store.opening import open_store
from profiler.store.protocol import Store

__all__ = ["Store", "open_store"]
