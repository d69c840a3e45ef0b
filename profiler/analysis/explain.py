"""Every phrase of a recommendation: facts, trade-offs, broken limits and failures in words."""

from __future__ import annotations

from collections.abc import Mapping

from profiler.analysis.compare import Verdict, verdict
from profiler.analysis.format import amount, is_share, number, percent, words
from profiler.analysis.guard import Standing
from profiler.analysis.objectives import ENERGY, LATENCY, MEMORY, QUALITY, THROUGHPUT
from profiler.records.catalogue import MetricSpec
from profiler.records.measurement import Outcome
from profiler.records.quantity import Quantity
from profiler.records.summary import FIGURES, Summary

# "2.1 times faster" reads well from here on; below it a per cent does.
_TIMES_FROM = 1.5

_LESS_MORE = {
    LATENCY: ("faster", "slower"),
    "latency_s_per_image": ("faster per image", "slower per image"),
    MEMORY: ("less memory", "more memory"),
    "weights_bytes": ("smaller weights", "larger weights"),
    ENERGY: ("less energy per image", "more energy per image"),
}
# Figures that are told, apart from the objective's own, in this order.
_TOLD = (LATENCY, THROUGHPUT, MEMORY, ENERGY, "weights_bytes")
_MOST_FACTS = 2

_OUTCOMES = {
    Outcome.OUT_OF_MEMORY: "ran out of memory",
    Outcome.TIMEOUT: "did not finish in its time",
    Outcome.CRASH: "crashed",
    Outcome.UNSUPPORTED: "cannot run here",
    Outcome.INVALID_OUTPUT: "made images that cannot be right",
    Outcome.ERROR: "failed",
    Outcome.NO_EFFECT: "holds a method or optimisation that did nothing",
}
_STAGES = {"vae_decode": "VAE decode", "import": "importing the libraries"}
_FLAGS = {
    "nan": "its images hold NaN",
    "black": "its images are black",
    "constant": "its images are one flat colour",
    "throttled": "the device throttled while it was measured",
}


def fact(figure: str, ratio: Quantity, than: str = "") -> str:
    """A ratio to the baseline in words: `2.1 times faster (1.9 to 2.3)`, `38 % less memory`.

    `than` is put behind the comparison, before the interval.
    """
    if ratio.value is None:
        return f"{words(figure)} unavailable: {ratio.reason}"
    claim = verdict(ratio, _better(figure))
    if claim is Verdict.SAME:
        return f"{words(figure)} as the baseline's within the accuracy"
    if figure == THROUGHPUT or figure not in _LESS_MORE:
        change = "higher" if ratio.value > 1 else "lower"
        return f"{words(figure)} {_change(ratio, change + than, ratio.value > 1)}"
    less, more = _LESS_MORE[figure]
    if figure in (LATENCY, "latency_s_per_image"):
        return _speed(ratio, less + than, more + than)
    return _change(ratio, (less if ratio.value < 1 else more) + than, ratio.value > 1)


def _speed(ratio: Quantity, faster: str, slower: str) -> str:
    """Times are told as speed: half the time is 2 times faster."""
    value = ratio.value or 1.0
    if value >= 1:
        return _change(ratio, slower, growing=True)
    if 1 / value < _TIMES_FROM:
        return _change(ratio, faster, growing=False)
    text = f"{number(1 / value, 2)} times {faster}"
    if ratio.low and ratio.high:
        text += f" ({number(1 / ratio.high, 2)} to {number(1 / ratio.low, 2)})"
    return text


def _change(ratio: Quantity, word: str, growing: bool) -> str:
    """A change in per cent, or as a multiple where it has grown much, with its interval."""
    value = ratio.value or 1.0
    if growing and value >= _TIMES_FROM:
        text = f"{number(value, 2)} times {_as_multiple(word)}"
        if ratio.low is not None and ratio.high is not None:
            text += f" ({number(ratio.low, 2)} to {number(ratio.high, 2)})"
        return text
    text = f"{percent(value - 1)} {word}"
    if ratio.low is not None and ratio.high is not None:
        ends = sorted((abs(ratio.low - 1), abs(ratio.high - 1)))
        text += f" ({percent(ends[0])} to {percent(ends[1])})"
    return text


def _as_multiple(word: str) -> str:
    """`2 times the memory`, not `2 times more memory`."""
    if word.startswith("more "):
        return "the " + word.removeprefix("more ")
    return word


def facts(objective_figure: str, ratios: Mapping[str, Quantity]) -> tuple[list[str], list[str]]:
    """The few decisive gains, the objective's first, and what got worse, from the ratios."""
    order = [objective_figure, *(name for name in _TOLD if name != objective_figure)]
    gains: list[str] = []
    losses: list[str] = []
    for name in order:
        ratio = ratios.get(name)
        if ratio is None or name == QUALITY or _repeats(name, objective_figure, ratios):
            continue
        claim = verdict(ratio, _better(name))
        if claim is Verdict.BETTER and len(gains) < _MOST_FACTS:
            gains.append(fact(name, ratio, "" if gains else " than the baseline"))
        elif claim is Verdict.WORSE:
            losses.append("but " + fact(name, ratio))
        elif name == objective_figure and claim is Verdict.SAME:
            gains.append(fact(name, ratio))
    return gains, losses


def _repeats(name: str, objective_figure: str, ratios: Mapping[str, Quantity]) -> bool:
    """Latency and throughput say one thing unless the batch sizes differ."""
    other = {LATENCY: THROUGHPUT, THROUGHPUT: LATENCY}.get(name)
    if other is None or (name == LATENCY and objective_figure != THROUGHPUT):
        return False
    if name == objective_figure:
        return False
    first, second = ratios.get(name), ratios.get(other)
    if first is None or second is None or first.value is None or second.value is None:
        return False
    return abs(first.value * second.value - 1.0) < 0.02


def quality_fact(metric: MetricSpec, figure: Quantity, reference: Quantity, how: Standing) -> str:
    """`prompt alignment 94 % against 95 %: within the margin`."""
    if figure.value is None:
        return f"{words(metric.name)} unavailable: {figure.reason}"
    shown = f"{words(metric.name)} {_value(figure.value, metric)}"
    if reference.value is None:
        return f"{shown}; the baseline's is unavailable: {reference.reason}"
    return f"{shown} against {_value(reference.value, metric)}: {how.value}"


def divergence_fact(metric: MetricSpec, figure: Quantity) -> str:
    """A paired metric: how far the images moved, which is not how good they are."""
    if figure.value is None:
        return f"{words(metric.name)} unavailable: {figure.reason}"
    return (
        f"{words(metric.name)} {_value(figure.value, metric)} against the baseline's images "
        "(divergence, not quality)"
    )


def absolute_fact(criterion: str, figure: Quantity) -> str:
    """A figure by itself, where there is no baseline to compare with."""
    if figure.value is None:
        return f"{words(criterion)} unavailable: {figure.reason}"
    return f"{words(criterion)} {amount(figure.value, figure.unit, name=criterion)}"


def caveat(flag: str) -> str:
    """A validity flag that does not veto, in words."""
    return "caution: " + _FLAGS.get(flag, f"flagged {flag!r}")


def tied(criteria: tuple[str, ...], metric: MetricSpec | None, place: int, together: int) -> str:
    """What a tie means for a candidate; the first `together` places were given by `criteria`."""
    rest = ", then ".join(_criterion(name, metric) for name in criteria[1:])
    if place == 0:
        return f"the best of {together} that are tied within the accuracy, by {rest}"
    if place < together:
        return f"tied with the best within the accuracy; placed by {rest}"
    return "tied with the best within the accuracy"


def _criterion(name: str, metric: MetricSpec | None) -> str:
    if name != QUALITY:
        return words(name)
    return words(metric.name) if metric is not None else "quality"


def beyond(name: str, figure: Quantity, bound: float, flag: str, limit: float) -> str:
    """`latency 1.9 s is above --max-latency 1.5 s by 27 %`; `bound` is what broke the limit."""
    value = figure.value if figure.value is not None else bound
    unit = figure.unit
    upper = bound > limit
    by_value = value > limit if upper else value < limit
    told = f"{words(name)} {amount(value, unit, name=name)}"
    against = f"{flag} {amount(limit, unit, name=name)}"
    side = "above" if upper else "below"
    if by_value:
        return f"{told} is {side} {against} by {_distance(value, limit, unit, name)}"
    could = f"but its interval reaches {amount(bound, unit, name=name)},"
    return f"{told}, {could} {side} {against} by {_distance(bound, limit, unit, name)}"


def _distance(value: float, limit: float, unit: str, name: str) -> str:
    """Per cent of the limit; points where the figure is a per cent itself, the unit for dB."""
    if is_share(name, unit) or unit == "dB" or not limit:
        return _difference(value - limit, unit, name)
    return percent(value / limit - 1)


def inferior(metric: MetricSpec, figure: Quantity, reference: Quantity, margin: float) -> str:
    """The default guard on quality was broken."""
    value, baseline = figure.value or 0.0, reference.value or 0.0
    loss = _difference(value - baseline, metric.unit, metric.name)
    return (
        f"{words(metric.name)} {_value(value, metric)} against the baseline's "
        f"{_value(baseline, metric)}: worse by {loss}, more than the margin of "
        f"{margin_words(metric, margin)} (--min-quality sets another bound)"
    )


def _value(value: float, metric: MetricSpec) -> str:
    return amount(value, metric.unit, name=metric.name)


def margin_words(metric: MetricSpec, margin: float) -> str:
    """A margin for the notes: `5 points`, `0.6`."""
    return _difference(margin, metric.unit, metric.name)


def _difference(value: float, unit: str, name: str) -> str:
    if not is_share(name, unit):
        return amount(abs(value), unit, 2)
    points = number(100 * abs(value), 2)
    return f"{points} point" if float(points) == 1 else f"{points} points"


def missing(summary: Summary, criterion: str, metric: MetricSpec | None) -> str:
    """A figure that a limit or the objective needs is not there."""
    if criterion == QUALITY:
        if metric is None:
            return "unavailable: no quality was measured"
        quality = summary.quality.get(metric.name)
        reason = quality.reason if quality is not None else "not measured"
        return f"unavailable: {words(metric.name)}: {reason}"
    figure = summary.figures.get(criterion)
    reason = figure.reason if figure is not None else "not measured"
    return f"unavailable: {words(criterion)}: {reason}"


def failure(summary: Summary) -> str:
    """A failed cell in words: `ran out of memory in VAE decode: asked for 2.0 GiB`."""
    told = _OUTCOMES.get(summary.outcome, summary.outcome.value.replace("_", " "))
    if (cause := summary.failure) is None:
        return f"{told}: no details were stored"
    if cause.stage:
        told += f" in {stage(cause.stage)}"
    details = [first_line(cause.message)] if cause.message.strip() else []
    asked = cause.details.get("bytes_asked")
    if (
        isinstance(asked, (int, float))
        and not isinstance(asked, bool)
        and "asked" not in "".join(details)
    ):
        details.append(f"asked for {amount(float(asked), 'B')}")
    return f"{told}: {'; '.join(details)}" if details else told


def stage(name: str) -> str:
    """A stage of the worker as words."""
    return _STAGES.get(name, name.replace("_", " "))


def first_line(message: str) -> str:
    """The first line of a message, shortened to what fits into a table."""
    line = message.strip().splitlines()[0]
    return line if len(line) <= 160 else line[:157] + "..."


def invalid(flag: str) -> str:
    """An invalid output in words."""
    return f"invalid: {_FLAGS.get(flag, flag)}"


def is_reference(metric: MetricSpec) -> str:
    """Why the baseline has no value of a paired metric."""
    return f"is the reference that {words(metric.name)} is measured against"


def other_size(size: tuple[int, int], wanted: tuple[int, int]) -> str:
    """Images of another size are another product."""
    return (
        f"makes images of {size_words(size)}: not comparable with {size_words(wanted)}"
        " (--resolution asks for another size)"
    )


def size_words(size: tuple[int, int]) -> str:
    """`64x64`."""
    return f"{size[0]}x{size[1]}"


def _better(figure: str) -> str:
    return FIGURES[figure][1] if figure in FIGURES else "higher"
