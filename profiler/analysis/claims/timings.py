"""Claims about devices that are seldom at hand, and about services; honest where untestable."""

from __future__ import annotations

from profiler.analysis.claims.evidence import measured_on, others
from profiler.analysis.claims.rows import FULL, Rows, figure
from profiler.analysis.claims.verdict import Judgement, Verdict, any_of, decide
from profiler.catalogue.claims import Claim
from profiler.records.summary import Summary

# Claim to the id of its hardware profile.
DEVICES = {
    "rtx4090": "rtx4090",
    "rtx3060": "rtx3060_12gb",
    "orin": "jetson_agx_orin_64gb",
    "i9": "i9_13900k",
    "jetson-nano": "jetson_nano_4gb",
}
_WITHOUT_PUBLISHED = "No published figure for it is among sdprof's data."

_WHY_NOT = {
    "mobile-load": "needs a phone and an app with the model in it",
    "mobile-image": "needs a phone and an app with the model in it",
    "autoscaling": (
        "needs a service with many instances and the traffic of days; one machine has neither, and "
        "what is saved depends on that traffic more than on the model"
    ),
    "stress": "is advice and promises no figure that could be tested",
}


def on_device(claim: Claim, rows: Rows) -> Judgement:
    """Seconds an image on a named device: judged there, and nowhere else."""
    wanted = DEVICES[claim.id]
    published = others(claim.id)
    beside = f"Beside it stands: {published[0].what}, {published[0].figure}." if published else ""
    if rows.device_id != wanted:
        return Judgement(
            claim,
            Verdict.UNTESTABLE,
            beside or _WITHOUT_PUBLISHED,
            f"Needs the device; this machine is {rows.device_name}. A time cannot be carried over "
            "from another device, and the claim names neither steps nor precision nor scheduler.",
            published,
        )
    cells = [s for s in rows.ok(FULL) if _fits(s, compressed=claim.id == "jetson-nano")]
    if not cells:
        return Judgement(
            claim,
            Verdict.UNMEASURED,
            f"No SD 1.5 at 512x512 on {rows.device_name} is in the store.",
            "It can be tested on this machine: sdprof run sd15",
            published,
        )
    latencies = [figure(cell, "latency_s_per_image") for cell in cells]
    verdict = any_of([decide(x, claim.relation, claim.value or 0.0) for x in latencies])
    here = tuple(
        measured_on(cell, latency, "", f"{cell.cell.steps} steps")
        for cell, latency in zip(cells, latencies, strict=True)
    )
    return Judgement(
        claim,
        verdict,
        f"{len(cells)} configurations of SD 1.5 at 512x512 were measured on this device.",
        "The claim names neither steps nor precision, so one configuration that fits is enough; "
        "as 'about' a fifth to either side is granted.",
        (*here, *published),
    )


def untestable(claim: Claim, _rows: Rows) -> Judgement:
    """What no machine of this kind can test, with the reason."""
    published = others(claim.id)
    found = f"Beside it stands: {published[0].what}, {published[0].figure}." if published else ""
    reason = _WHY_NOT[claim.id]
    return Judgement(
        claim, Verdict.UNTESTABLE, found, f"{reason[:1].upper()}{reason[1:]}.", published
    )


def _fits(summary: Summary, *, compressed: bool) -> bool:
    """SD 1.5 at 512x512, one image at a time, quantised only where the claim says so."""
    cell = summary.cell
    size = (cell.width_px, cell.height_px, cell.batch_size)
    return size == (512, 512, 1) and (compressed or not cell.compression)
