"""The questions of the SQLite store as SQL."""

from __future__ import annotations

from profiler.store.rows import MeasurementRow, RunRow


def _insert(table: str, columns: tuple[str, ...], key: str) -> str:
    # ON CONFLICT names the key: OR IGNORE would also pass over a value that must not be NULL.
    marks = ", ".join("?" * len(columns))
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}) "  # noqa: S608 - constants
        f"ON CONFLICT ({key}) DO NOTHING"
    )


ADD_MEASUREMENT = _insert("measurement", MeasurementRow._fields, "measurement_id")
ADD_DOCUMENT = "INSERT INTO document (seq, moment, body) VALUES (?, ?, ?)"
ADD_IMAGE = _insert("image", ("sha256", "png"), "sha256")
ADD_CELL = "INSERT INTO cell (cell_id, content) VALUES (?, ?)"
KNOWS_CELL = "SELECT 1 FROM cell WHERE cell_id = ?"
ADD_ENVIRONMENT = "INSERT INTO environment (environment_id, content) VALUES (?, ?)"
KNOWS_ENVIRONMENT = "SELECT 1 FROM environment WHERE environment_id = ?"
ADD_RUN = _insert("run", RunRow._fields, "run_id")
UPDATE_RUN = (
    "UPDATE run SET "  # noqa: S608 - constants
    + ", ".join(f"{name} = :{name}" for name in RunRow._fields if name != "run_id")
    + " WHERE run_id = :run_id"
)

RUNS = """
    SELECT r.*, e.content AS environment
    FROM run r JOIN environment e USING (environment_id)
    ORDER BY r.started_s, r.seq
"""

DEVICES = "SELECT DISTINCT device_id FROM measurement ORDER BY device_id"

RECENT_IDS = "SELECT measurement_id FROM measurement ORDER BY seq DESC LIMIT 200"

OLDEST_FIRST = "ORDER BY m.started_s, m.seq"
COUNTS_FIRST = "ORDER BY m.decisive DESC, m.started_s DESC, m.seq DESC"

# A measurement with everything raw.
WHOLE = """
    SELECT
        d.body, d.moment,
        m.cell_id, c.content AS cell,
        m.environment_id, e.content AS environment
    FROM measurement m
    JOIN document d USING (seq)
    JOIN cell c USING (cell_id)
    JOIN environment e USING (environment_id)
"""

# A measurement with its figures.
CONDENSED = """
    SELECT m.*, c.content AS cell
    FROM measurement m JOIN cell c USING (cell_id)
"""

# The places are dealt out within the index alone; only the rows that win are fetched.
THAT_COUNT = """
    WITH placed AS (
        SELECT m.seq, row_number() OVER (
            PARTITION BY m.device_id, m.cell_id
            ORDER BY m.decisive DESC, m.started_s DESC, m.seq DESC
        ) AS place
        FROM measurement m {where}
    )
    SELECT m.*, c.content AS cell
    FROM placed
    CROSS JOIN measurement m USING (seq)
    CROSS JOIN cell c USING (cell_id)
    WHERE placed.place = 1
    ORDER BY m.device_id, c.seq
"""

FINISHED = """
    SELECT cell_id, outcome FROM (
        SELECT cell_id, outcome, row_number() OVER (
            PARTITION BY cell_id ORDER BY started_s DESC, seq DESC
        ) AS place
        FROM measurement
        WHERE device_id = ? AND environment_id = ?
    ) WHERE place = 1
"""


def conditions(**equal: str | None) -> tuple[str, list[str]]:
    """A WHERE clause on columns of `measurement m` and its values; None does not narrow."""
    given = {column: value for column, value in equal.items() if value is not None}
    if not given:
        return "", []
    return "WHERE " + " AND ".join(f"m.{column} = ?" for column in given), list(given.values())
