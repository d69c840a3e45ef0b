"""Claims about speed, cost and hardware as a whole."""

from __future__ import annotations

from profiler.analysis.claims.arithmetic import FP16, FP32
from profiler.analysis.claims.evidence import Finding, computed, measured_on, others, told
from profiler.analysis.claims.rows import FULL, TINY, Rows, figure, quality
from profiler.analysis.claims.verdict import Judgement, Verdict, decide, relative_loss
from profiler.analysis.compare import ratio_of
from profiler.analysis.format import amount
from profiler.catalogue.architectures import PIPELINE
from profiler.catalogue.claims import AT_LEAST, AT_MOST, CLAIMS, Claim
from profiler.catalogue.models import MODELS
from profiler.records.quantity import Quantity
from profiler.records.summary import Summary

LATENCY = "latency_s_per_image"
SHOWN = 8
_MEASURE = "It can be tested on this machine: sdprof run claims"


def speed(claim: Claim, rows: Rows) -> Judgement:
    """The quickest tiny-sd that keeps its quality, against tiny-sd as it is."""
    found = _quickest(rows)
    if not found:
        return _unmeasured(claim)
    best, _ = found[0]
    base = rows.baseline()
    gains = [
        (cell, ratio_of(figure(base, LATENCY), figure(cell, LATENCY)), loss)
        for cell, loss in found
        if base is not None
    ]
    value = claim.value or 1.0
    return Judgement(
        claim,
        _unless_untried(decide(gains[0][1], AT_LEAST, value), rows),
        f"The quickest tiny-sd that keeps its quality is {told(gains[0][1], 'times')} as fast as "
        f"tiny-sd in fp32: {amount(figure(best, LATENCY).value or 0.0, 's')} an image.",
        f"Judged as a ratio, for tiny-sd on {rows.device_name}: the seconds themselves belong to a "
        "card that the claim does not name. Quality is kept where the prompt alignment loses at "
        f"most {100 * _granted():.0f} % with its whole interval, the most that these claims grant "
        "any method.",
        tuple(
            measured_on(cell, gain, "times", f"as fast; loses {told(loss, 'share')}")
            for cell, gain, loss in gains[:SHOWN]
        ),
    )


def cost(claim: Claim, rows: Rows) -> Judgement:
    """Cost per image on one rented machine goes with the time per image."""
    found, base = _quickest(rows), rows.baseline()
    if not found or base is None:
        return _unmeasured(claim)
    shares = [
        (cell, ratio_of(figure(cell, LATENCY), figure(base, LATENCY)), loss) for cell, loss in found
    ]
    return Judgement(
        claim,
        _unless_untried(decide(shares[0][1], AT_MOST, claim.value or 1.0), rows),
        f"On one and the same machine an image takes {told(shares[0][1], 'share')} of the time, "
        "hence of the cost.",
        "Judged for tiny-sd, for a machine that is paid by time and always busy. Idle time, "
        "storage and traffic cost what they did; a smaller and cheaper machine may save more, "
        "which prices alone can tell.",
        tuple(
            measured_on(cell, share, "share", f"of the time; loses {told(loss, 'share')}")
            for cell, share, loss in shares[:SHOWN]
        ),
    )


def hardware(claim: Claim, rows: Rows) -> Judgement:
    """Does it run at all? Measured on a CPU, computed and published for the GTX 1650."""
    models = (FULL, TINY) if rows.device_kind == "cpu" else ()
    shown = {model: rows.ok(model)[0] for model in models if rows.ok(model)}
    here = tuple(
        measured_on(cell, figure(cell, LATENCY), "", f"an image on {rows.device_name}")
        for cell in shown.values()
    )
    weights = tuple(
        Finding(
            f"Weights of SD 1.5 in {form.name}, against the card's 4 GB",
            computed(form.total(PIPELINE), "B"),
            "size",
        )
        for form in (FP32, FP16)
    )
    on_cpu = f" {' and '.join(shown)} ran on this CPU." if shown else ""
    return Judgement(
        claim,
        Verdict.HOLDS,
        "Others ran SD 1.5 on a GTX 1650 and measured 0.25 to 0.48 steps a second, and few-step "
        f"models on a CPU.{on_cpu}",
        "It runs, which is all that is claimed; at 0.48 steps a second, 20 steps take 42 s. In "
        "fp32 the weights alone exceed the card's 4 GB, so parts have to wait in the host's "
        "memory, and fp16 is known to give black images on cards of the GTX 16 series. Rests on "
        "published figures for the card, which is not at hand here.",
        (*here, *others(claim.id), *weights),
    )


def _quickest(rows: Rows) -> list[tuple[Summary, Quantity]]:
    """tiny-sd cells that are quicker and keep their quality, the quickest first, with the loss.

    Requests that a cache answers and images of another size are another question.
    """
    base = rows.baseline()
    if base is None:
        return []
    found = []
    for cell in rows.ok():
        same = (cell.cell.prompts, cell.cell.width_px, cell.cell.height_px, cell.cell.seed)
        own = (base.cell.prompts, base.cell.width_px, base.cell.height_px, base.cell.seed)
        if same != own or cell is base or _another_question(cell):
            continue
        loss = relative_loss(quality(cell), quality(base))
        if decide(loss, AT_MOST, _granted()) is Verdict.HOLDS and figure(cell, LATENCY).available:
            found.append((cell, loss))
    return sorted(found, key=lambda pair: figure(pair[0], LATENCY).value or 0.0)


def _unless_untried(verdict: Verdict, rows: Rows) -> Verdict:
    """Nothing is refuted before fewer steps, the strongest means of all, were tried."""
    tried = any(cell.cell.steps < MODELS[TINY].steps for cell in rows.ok())
    return Verdict.UNCERTAIN if verdict is Verdict.FAILS and not tried else verdict


def _another_question(cell: Summary) -> bool:
    names = {use.method for use in cell.cell.optimisations}
    return bool(names & {"image-cache", "dynamic-resolution"})


def _granted() -> float:
    """The largest quality loss that any of the claims grants."""
    return CLAIMS["distillation-quality"].value or 0.0


def _unmeasured(claim: Claim) -> Judgement:
    return Judgement(
        claim,
        Verdict.UNMEASURED,
        "The store holds no quicker tiny-sd whose quality is known to be kept.",
        _MEASURE,
    )
