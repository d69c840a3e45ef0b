"""The claims as a page of their own, made to be published."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from profiler import __version__
from profiler.analysis.claims.rows import Rows
from profiler.report.claims import claims_view
from profiler.report.text import count
from profiler.report.write import refuse_target, replace_page


def write_claims(rows: Rows, out_path: str | Path, *, force: bool = False) -> Path:
    """Write the page of the claims and return its path.

    Raises:
        InputError: the file exists, or cannot be written.
    """
    path = Path(out_path)
    refuse_target(path, force=force)
    now = datetime.now().astimezone()
    from profiler.report.render import render_claims

    view = {
        "title": "Claims about compressing Stable Diffusion, put to the test",
        "claims": claims_view(rows, title="What holds, and what does not"),
        "foot": [
            {"name": "sdprof", "value": __version__},
            {"name": "made", "value": now.strftime("%Y-%m-%d %H:%M %Z").strip()},
            {"name": "device", "value": rows.device_name},
            {"name": "measured", "value": count(len(rows.summaries), "configuration")},
        ],
    }
    replace_page(path, render_claims(view))
    return path
