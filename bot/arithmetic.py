"""Do the arithmetic of a statement again: what it says is computed must follow from its operands."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from bot.cues import cues
from bot.figures import Figure, figures_in
from bot.records import Computation


def recompute(computation: Computation) -> Figure | None:
    """The result as a figure, or None where it does not follow exactly. A share is rounded to the places it is given with.

    >>> recompute(Computation("sum", ("2.76万人", "3万人"), "5.76万人")).value
    Decimal('57600.00')
    >>> recompute(Computation("share", ("1所", "3所"), "33.3%")).unit
    '%'
    >>> recompute(Computation("difference", ("85%", "60%"), "25%")), recompute(Computation("count", ("甲校", "乙校"), "3所"))
    (None, None)
    """
    result = _only(computation.result)
    if result is None or not isinstance(result.value, Decimal):
        return None
    if computation.operation == "count":
        right = "" not in computation.operands and len(computation.operands) == result.value and not result.bound
        return result if right and result.unit in ("个", "人", *cues("measure_words", "words", "figures")) else None
    operands = [_only(operand) for operand in computation.operands]
    values = [f.value for f in operands if f is not None and isinstance(f.value, Decimal) and not f.bound]
    units = {f.unit for f in operands if f is not None}
    if len(values) != len(operands) or len(units) != 1:
        return None
    unit, value = units.pop(), _value(computation.operation, values, result.value)
    expected = {"share": "%", "difference": "百分点" if unit == "%" else unit}.get(computation.operation, unit)
    bounds = ("", "~") if computation.operation == "share" else ("",)
    return result if result.unit == expected and result.value == value and result.bound in bounds else None


def _only(text: str) -> Figure | None:
    found = figures_in(text)
    return found[0] if len(found) == 1 else None


def _value(operation: str, values: Sequence[Decimal], given: Decimal) -> Decimal | None:
    match operation, values:
        case "sum", [_, _, *_]:
            return sum(values, Decimal(0))
        case "max", [_, _, *_]:
            return max(values)
        case "min", [_, _, *_]:
            return min(values)
        case "difference", [minuend, subtrahend]:
            return minuend - subtrahend
        case "share", [part, whole] if whole:
            return (part * 100 / whole).quantize(given, ROUND_HALF_UP)
    return None
