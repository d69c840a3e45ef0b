"""Claims about what compression costs in quality, and the formula of absmax quantisation.

Quality is tiny-sd's prompt alignment: the share of a prompt's attributes that a deterministic judge
reads in the image. The relative loss is (baseline - value) / baseline over the same prompts.
"""

from __future__ import annotations

from collections.abc import Sequence

from profiler.analysis.claims.evidence import Finding, measured_on, others, told
from profiler.analysis.claims.rows import Rows, quality
from profiler.analysis.claims.verdict import (
    Judgement,
    Verdict,
    all_of,
    any_of,
    decide,
    relative_loss,
)
from profiler.catalogue.claims import AT_MOST, CLAIMS, Claim
from profiler.catalogue.prompts import PROMPT_SETS, prompt_set
from profiler.records.quantity import Quantity
from profiler.records.summary import Summary

LOSS = "relative loss of prompt alignment"
_MEASURE = "It can be tested on this machine: sdprof run claims"


Losses = list[tuple[Summary, Quantity]]


def pruning(claim: Claim, rows: Rows) -> Judgement:
    """The loss of those pruned cells that are as small as the claim on size promises."""
    losses = _losses(rows, rows.compressed("prune"))
    limit = CLAIMS["pruning-size"].value or 1.0
    small = [(cell, loss) for cell, loss in losses if _share(rows, cell) <= limit]
    evidence = tuple(_finding(rows, cell, loss) for cell, loss in losses)
    if not small:
        found = (
            "No pruned tiny-sd in the store is down to 70 % of the UNet's bytes."
            if losses
            else "No pruned tiny-sd is in the store."
        )
        return Judgement(claim, Verdict.UNMEASURED, found, _MEASURE, evidence)
    best = min(small, key=lambda pair: pair[1].value or 0.0)
    return Judgement(
        claim,
        any_of([_decide(loss, claim) for _, loss in small]),
        f"Of the pruned tiny-sd that keep 70 % of the UNet's bytes or less, the best one loses "
        f"{_told(best[1])} of its prompt alignment.",
        "Judged where the claimed size is reached: pruning less loses less, and saves less. "
        "These models are not trained again after pruning, as the claim asks for nothing of the "
        "kind; with retraining it would be distillation.",
        evidence,
    )


def distillation(claim: Claim, rows: Rows) -> Judgement:
    """The loss of the smallest student that was measured; the published losses of BK-SDM."""
    losses = _losses(rows, rows.compressed(names=("distilled-student",)))
    published = others(claim.id)
    evidence = (*(_finding(rows, cell, loss) for cell, loss in losses), *published)
    if not losses:
        return Judgement(
            claim, Verdict.UNMEASURED, "No student of tiny-sd is in the store.", _MEASURE, evidence
        )
    least, loss = min(losses, key=lambda pair: _share(rows, pair[0]))
    return Judgement(
        claim,
        _decide(loss, claim),
        f"The smallest student of tiny-sd keeps {100 * _share(rows, least):.1f} % of its "
        f"UNet's bytes and loses {_told(loss)} of its prompt alignment. Published for BK-SDM-Tiny: "
        f"{published[2].figure} of the CLIP score, while FID grows by {published[3].figure}.",
        "Judged for tiny-sd. A loss in per cent depends on the metric as much as on the model: "
        "the same published student loses a tenth by CLIP score and a third by FID.",
        evidence,
    )


def fusion(claim: Claim, rows: Rows) -> Judgement:
    """Each merged model on each specialist's own prompts, against that specialist there."""
    pairs = _merged_against_specialists(rows)
    evidence = tuple(
        _finding(rows, merged, loss, f"on the prompts of the specialist {name}")
        for merged, name, loss in pairs
    )
    by_method: dict[str, dict[str, Quantity]] = {}
    for merged, name, loss in pairs:
        by_method.setdefault(merged.cell.compression[0].label(), {})[name] = loss
    # A merged model has to be good on the prompts of all; one such method is enough.
    whole = [losses for losses in by_method.values() if len(losses) >= 2]
    if not whole:
        return Judgement(
            claim,
            Verdict.UNMEASURED,
            "No merged tiny-sd was measured on the prompts of two specialists.",
            _MEASURE,
            evidence,
        )
    best = min(whole, key=lambda losses: max(loss.value or 0.0 for loss in losses.values()))
    texts = [f"{_told(loss)} on the {name} prompts" for name, loss in best.items()]
    ways = "the one way" if len(whole) == 1 else f"the best of {len(whole)} ways"
    return Judgement(
        claim,
        any_of([all_of([_decide(x, claim) for x in losses.values()]) for losses in whole]),
        f"With {ways} to merge that was measured, the merged model loses {' and '.join(texts)}, "
        "against the specialist for these.",
        "Each merged model is compared with each specialist on that specialist's own prompts, "
        "and the claim has to hold on all of them with one way of merging.",
        evidence,
    )


def formula(claim: Claim, rows: Rows) -> Judgement:
    """The formula's promise, which follows from it and is tested for any weights."""
    losses = _losses(rows, rows.compressed(names=("absmax-int8",)))
    return Judgement(
        claim,
        Verdict.HOLDS,
        "Q lies between -127 and 127, and no weight moves by more than half a step: "
        "|W - Q x scale| <= scale / 2.",
        "Rounding moves W / scale by at most 1/2, and |W| / scale is at most 127 by the choice of "
        "the scale, so nothing is cut off. sdprof's absmax-int8 is this formula; its test checks "
        "the bound for arbitrary weights, up to the rounding of fp32 itself. The formula says "
        "nothing of the image: the loss that was measured stands beside it.",
        (
            Finding(
                "tests/compress/test_absmax.py::test_no_weight_moves_by_more_than_half_a_step",
                note="property-based: arbitrary finite weights, per channel and per tensor",
            ),
            *(_finding(rows, cell, loss) for cell, loss in losses),
        ),
    )


def _losses(rows: Rows, cells: Sequence[Summary]) -> Losses:
    """The relative loss of each cell that has a plain twin, where both qualities are known."""
    found = []
    for cell in cells:
        base = rows.plain(cell)
        loss = relative_loss(quality(cell), quality(base)) if base is not None else None
        if loss is not None and loss.available:
            found.append((cell, loss))
    return found


def _merged_against_specialists(rows: Rows) -> list[tuple[Summary, str, Quantity]]:
    """Merged cell, name of a specialist, and the loss against it on its own prompts."""
    found = []
    for specialist in rows.compressed(names=("specialist",)):
        name = str(specialist.cell.compression[0].parameters.get("name"))
        # Only its own prompts: elsewhere a specialist is no measure of anything.
        if f"scenes-{name}" not in PROMPT_SETS:
            continue
        if specialist.cell.prompts != prompt_set(f"scenes-{name}"):
            continue
        for merged in rows.compressed(names=("merge",)):
            if rows.twin(specialist, compression=merged.cell.compression) is merged:
                loss = relative_loss(quality(merged), quality(specialist))
                if loss.available:
                    found.append((merged, name, loss))
    return found


def _share(rows: Rows, cell: Summary) -> float:
    """What is left of the bytes of the compressed components; 1 where that is not known."""
    share = rows.pruned_share(cell).value
    return 1.0 if share is None else share


def _finding(rows: Rows, cell: Summary, loss: Quantity, where: str = "") -> Finding:
    share = rows.pruned_share(cell)
    size = "" if share.value is None else f", with {100 * share.value:.1f} % {share.source}"
    return measured_on(cell, loss, "share", f"{LOSS} {where}" if where else f"{LOSS}{size}")


def _told(loss: Quantity) -> str:
    return told(loss, "share")


def _decide(loss: Quantity, claim: Claim) -> Verdict:
    if claim.value is None:
        raise ValueError(f"the claim {claim.id} gives no number")
    return decide(loss, AT_MOST, claim.value)
