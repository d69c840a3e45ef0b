"""Claims about bytes: computed exactly for Stable Diffusion 1.5, measured for tiny-sd."""

from __future__ import annotations

from collections.abc import Sequence

from profiler.analysis.claims.arithmetic import (
    ABSMAX_INT8,
    BNB_INT8,
    BNB_NF4,
    FLOOR_4,
    FLOOR_8,
    FP16,
    FP32,
    INT4_GROUPS,
    Format,
)
from profiler.analysis.claims.evidence import Finding, computed, measured_on, told
from profiler.analysis.claims.rows import Rows, figure
from profiler.analysis.claims.verdict import Judgement, Verdict, any_of, decide
from profiler.analysis.compare import ratio_of
from profiler.catalogue.architectures import (
    BK_SDM_BASE,
    BK_SDM_SMALL,
    BK_SDM_TINY,
    PIPELINE,
    TEXT_ENCODER,
    TINY_VAE,
    UNET,
    VAE,
    Component,
)
from profiler.catalogue.claims import AT_MOST, Claim
from profiler.records.quantity import Quantity
from profiler.records.summary import Summary

STUDENTS = (BK_SDM_BASE, BK_SDM_SMALL, BK_SDM_TINY)
WITH_TINY = (BK_SDM_TINY, VAE, TEXT_ENCODER)
SMALLEST = (BK_SDM_TINY, TINY_VAE, TEXT_ENCODER)
WHOLE = "SD 1.5 (UNet, VAE, text encoder)"


def storage(claim: Claim, rows: Rows) -> Judgement:
    """4 GB to under 500 MB: which formats get there, with the network as it is and with a student.

    The share that is claimed is exactly that of 4 bits to 32.
    """
    limit = 500e6
    kept = [_size(WHOLE, form, PIPELINE) for form in (FP32, FP16, BNB_NF4, ABSMAX_INT8)]
    kept += [_size(WHOLE, form, PIPELINE) for form in (INT4_GROUPS, FLOOR_4)]
    small = _size("SD 1.5 with the BK-SDM-Tiny UNet", INT4_GROUPS, WITH_TINY)
    own = any_of([_below(finding.quantity, limit) for finding in kept])
    both = _below(small.quantity, limit)
    smallest = _smallest(rows)
    return Judgement(
        claim,
        any_of([own, both]),
        f"{WHOLE} takes {_told(kept[0])} in fp32. With every weight of the same network in 4 bits "
        f"it takes {_told(kept[4])}; with the smaller BK-SDM-Tiny UNet as well, "
        f"{_told(small)}.",
        "Only with a smaller network and 4-bit weights in its convolutions, too. No quantiser "
        f"alone gets there: 4 bits of 32 are 12.5 %, which is where the claimed 87.5 % come from, "
        f"but that is {_told(kept[5])} before any scale is stored. The claim speaks of bytes; "
        "what they cost in quality is judged under distillation.",
        (*kept, small, *smallest),
    )


def quantisation(claim: Claim, rows: Rows) -> Judgement:
    """INT8 by bitsandbytes reaches Linear layers only; half the bytes would need all of them."""
    bound = _bound(claim)
    exact = [
        _share(component.name, BNB_INT8, FP16, (component,))
        for component in (UNET, VAE, TEXT_ENCODER)
    ]
    whole = _share(WHOLE, BNB_INT8, FP16, PIPELINE)
    every = _share(WHOLE, ABSMAX_INT8, FP16, PIPELINE)
    here = _against_plain(rows, rows.compressed(names=("bnb-int8",)), ("bf16", "fp16"))
    conv = UNET.conv.weights / UNET.parameters
    return Judgement(
        claim,
        _exact(whole, bound),
        f"INT8 leaves {_told(exact[0])} of the UNet's bytes and {_told(whole)} of all bytes "
        f"of SD 1.5 (FP16 to INT8, all scales counted).{_here(here)}",
        f"bitsandbytes quantises Linear layers, but {100 * conv:.1f} % of the UNet's weights are "
        f"convolutions, which stay in FP16: the UNet shrinks by "
        f"{100 * (1 - _value(exact[0])):.0f} %, not by 50 %. A method that takes the convolutions "
        f"as well leaves {_told(every)}.",
        (whole, *exact, every, *here),
    )


def pruning(claim: Claim, rows: Rows) -> Judgement:
    """Shares of what was pruned in tiny-sd: true bytes, masks and zeros counted."""
    here = []
    for cell in rows.compressed("prune"):
        share = rows.pruned_share(cell)
        if share.available:
            here.append(measured_on(cell, share, "share", share.source))
    least = _least(here)
    if least is None:
        return _unmeasured(claim, "pruned")
    return Judgement(
        claim,
        any_of([_exact(finding, _bound(claim)) for finding in here]),
        f"The smallest pruned tiny-sd keeps {_told(least)} {least.note} ({least.what}).",
        "Any size can be reached by asking for a higher ratio where whole channels or blocks are "
        "removed; single weights that are set to zero save nothing while they are stored dense. "
        "What the size costs is the next claim.",
        tuple(here),
    )


def distillation(claim: Claim, rows: Rows) -> Judgement:
    """BK-SDM students against SD 1.5, exactly; the students of tiny-sd as measured."""
    bound = _bound(claim)
    unets = [_ratio(student.name, (student,), (UNET,)) for student in STUDENTS]
    wholes = [
        _ratio(f"SD 1.5 with the {student.name}", (student, VAE, TEXT_ENCODER), PIPELINE)
        for student in STUDENTS
    ]
    verdict = any_of([_exact(finding, bound) for finding in (*unets, *wholes)])
    here = _against_plain(rows, rows.compressed(names=("distilled-student",)))
    return Judgement(
        claim,
        verdict,
        f"BK-SDM-Tiny, the smallest student of SD 1.5 that sdprof knows, keeps "
        f"{_told(unets[-1])} of the UNet's parameters and {_told(wholes[-1])} of the whole "
        f"pipeline's.{_here(here)}",
        "Distillation replaces the UNet; VAE and text encoder stay, and 70 % is more than even "
        "BK-SDM-Tiny saves of the UNet alone. A student may be made as small "
        "as one likes: the figures of tiny-sd show what a small one costs.",
        (*wholes, *unets, *here),
    )


def fusion(claim: Claim, rows: Rows) -> Judgement:
    """One merged model against the models that went into it."""
    parts = f"Two SD 1.5 models that share {VAE.name[7:]} and text encoder, merged into one"
    shared = FP16.total(PIPELINE) / FP16.total((UNET, UNET, VAE, TEXT_ENCODER))
    exact = [
        Finding("Two whole SD 1.5 models merged into one", computed(0.5, "1"), "share"),
        Finding(parts, computed(shared, "1"), "share"),
    ]
    here = _merged(rows)
    verdicts = [_exact(finding, _bound(claim)) for finding in (*exact, *here)]
    fails = [v for v in verdicts if v is not Verdict.HOLDS]
    return Judgement(
        claim,
        fails[0] if fails else Verdict.HOLDS,
        f"Two whole models become one of half the bytes; where both share VAE and text encoder, "
        f"{_told(exact[1])} are left.{_here(here)}",
        "This is counting: merging N networks of one shape leaves one of them. Every further "
        "model that goes in saves more. It compresses nothing for somebody who needs one model, "
        "and whether the merged one can do what each did is the next claim.",
        (*exact, *here),
    )


def mobile(claim: Claim, rows: Rows) -> Judgement:
    """8 bits and distillation: the smallest published student, all layers in 8 bits."""
    limit = 1e6 * _bound(claim)
    found = [
        _size("BK-SDM-Tiny UNet, VAE and text encoder", FLOOR_8, WITH_TINY),
        _size("BK-SDM-Tiny UNet, TAESD decoder and encoder, text encoder", FLOOR_8, SMALLEST),
        _size("BK-SDM-Tiny UNet alone", FLOOR_8, (BK_SDM_TINY,)),
    ]
    small = _smallest(rows)
    return Judgement(
        claim,
        any_of([_below(finding.quantity, limit) for finding in found]),
        f"With the BK-SDM-Tiny UNet and 8 bits for every element, {_told(found[0])}; "
        f"with a tiny autoencoder in place of the VAE, {_told(found[1])}.",
        f"The student's UNet alone takes {_told(found[2])} in 8 bits, scales not counted. 300 MB "
        "needs fewer bits, or a smaller network than BK-SDM-Tiny, the smallest student of SD 1.5 "
        "whose architecture sdprof knows.",
        (*found, *small),
    )


def fp8_int4(claim: Claim, _rows: Rows) -> Judgement:
    """Mixed FP8 and INT4 is at best INT4 everywhere."""
    limit = 1e6 * _bound(claim)
    found = [
        _size(WHOLE, FLOOR_4, PIPELINE),
        _size("BK-SDM-Tiny UNet, TAESD, text encoder", FLOOR_4, SMALLEST),
        _size("BK-SDM-Tiny UNet alone", FLOOR_4, (BK_SDM_TINY,)),
    ]
    elements = sum(component.parameters for component in PIPELINE)
    return Judgement(
        claim,
        any_of([_below(finding.quantity, limit) for finding in found]),
        f"With 4 bits for every element, less than any mix with FP8 takes, SD 1.5 is "
        f"{_told(found[0])}, and with the BK-SDM-Tiny UNet and a tiny autoencoder "
        f"{_told(found[1])}.",
        f"100 MB for {elements / 1e6:,.0f} million elements are "
        f"{8 * limit / elements:.2f} bits each. No format with 4 or 8 bits gets there, and "
        "BK-SDM-Tiny, the smallest student of SD 1.5 that sdprof knows, does not either.",
        tuple(found),
    )


def _size(what: str, form: Format, components: Sequence[Component]) -> Finding:
    return Finding(f"{what}: {form.name}", computed(form.total(components), "B"), "size")


def _share(what: str, form: Format, base: Format, components: Sequence[Component]) -> Finding:
    value = form.total(components) / base.total(components)
    return Finding(f"{what}: {form.name}, against {base.name}", computed(value, "1"), "share")


def _ratio(what: str, parts: Sequence[Component], base: Sequence[Component]) -> Finding:
    value = FP16.total(parts) / FP16.total(base)
    return Finding(what, computed(value, "1"), "share")


def _against_plain(
    rows: Rows, cells: Sequence[Summary], precisions: tuple[str, ...] = ()
) -> tuple[Finding, ...]:
    """Bytes of all weights of each cell against the same cell without compression."""
    findings = []
    for cell in cells:
        base = rows.plain(cell)
        if base is not None and (not precisions or cell.cell.precision in precisions):
            share = ratio_of(figure(cell, "weights_bytes"), figure(base, "weights_bytes"))
            if share.available:
                findings.append(measured_on(cell, share, "share", "of the bytes of all weights"))
    return tuple(findings)


def _smallest(rows: Rows) -> tuple[Finding, ...]:
    """The smallest usable tiny-sd of all, against fp32: a line of evidence or none."""
    base = rows.baseline()
    cells = [s for s in rows.ok() if figure(s, "weights_bytes").available]
    if base is None or not cells:
        return ()
    least = min(cells, key=lambda s: figure(s, "weights_bytes").value or 0.0)
    share = ratio_of(figure(least, "weights_bytes"), figure(base, "weights_bytes"))
    return (measured_on(least, share, "share", "smallest of all tiny-sd cells, against fp32"),)


def _merged(rows: Rows) -> tuple[Finding, ...]:
    """The bytes of each merged tiny-sd against both specialists together."""
    findings = []
    specialists: dict[str, Summary] = {}
    for cell in rows.compressed(names=("specialist",)):
        specialists.setdefault(str(cell.cell.compression[0].parameters.get("name")), cell)
    sizes = [figure(cell, "weights_bytes").value for cell in specialists.values()]
    together = sum(size for size in sizes if size is not None)
    if len(sizes) < 2 or None in sizes:
        return ()
    seen = set()
    for cell in rows.compressed(names=("merge",)):
        size = figure(cell, "weights_bytes")
        method = cell.cell.compression[0].label()
        if size.value is not None and method not in seen:
            seen.add(method)
            note = f"against {len(sizes)} whole specialists"
            share = Quantity(size.value / together, "1", evidence=size.evidence)
            findings.append(measured_on(cell, share, "share", note))
    return tuple(findings)


def _least(findings: Sequence[Finding]) -> Finding | None:
    return min(findings, key=_value, default=None)


def _value(finding: Finding) -> float:
    quantity = finding.quantity
    return quantity.value if quantity is not None and quantity.value is not None else float("inf")


def _told(finding: Finding) -> str:
    return told(finding.quantity, finding.kind) if finding.quantity is not None else ""


def _here(findings: Sequence[Finding]) -> str:
    """A sentence on what was measured of tiny-sd; empty where nothing was."""
    if not findings:
        return ""
    texts = sorted({_told(finding) for finding in findings}, key=lambda text: (len(text), text))
    ends = texts[0] if len(texts) == 1 else f"{texts[0]} to {texts[-1]}"
    return f" tiny-sd, measured here: {ends}."


def _exact(finding: Finding, bound: float) -> Verdict:
    if finding.quantity is None:
        return Verdict.UNMEASURED
    return decide(finding.quantity, AT_MOST, bound, exact=True)


def _below(quantity: Quantity | None, limit: float) -> Verdict:
    if quantity is None or quantity.value is None:
        return Verdict.UNMEASURED
    return Verdict.HOLDS if quantity.value < limit else Verdict.FAILS


def _bound(claim: Claim) -> float:
    if claim.value is None:
        raise ValueError(f"the claim {claim.id} gives no number")
    return claim.value


def _unmeasured(claim: Claim, what: str) -> Judgement:
    return Judgement(
        claim,
        Verdict.UNMEASURED,
        f"No {what} tiny-sd is in the store.",
        "It can be tested on this machine: sdprof run claims",
    )
