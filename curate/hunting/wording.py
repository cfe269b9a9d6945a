"""What a hunt says: the same few sentences in the notebook, in the report and in the widget.

They begin small and have no full stop, as they stand in a line beside other things. A share is rounded up where it is an upper
limit, a level down: rounding never promises more than the answers do.
"""

from __future__ import annotations

from fractions import Fraction

from curate.hunting.audit import Estimate, Outside
from curate.hunting.bounds import ALPHA, clean_answers

PATIENCE = 70
"""Answers without a yes after which the prompt is at fault, not the luck."""

_SHARES = ("2.5", "0.5")  # percent that people ask for


def sentences(estimate: Estimate) -> tuple[str, ...]:
    r"""What an audit allows to say, of the zone and of everything outside it, and what it would take to say more.

    >>> outside = Outside(size=18_000, looked=120, found=0, unsure=0, at_most=442)
    >>> estimate = Estimate(1, 0.05, 338, 38, 0, 418, 100, about=52, low=45, high=68, outside=outside)
    >>> print(*sentences(estimate), sep="\n")
    found 38; in the 418 most likely about 52 (95 % interval 45 to 68)
    120 of the other 18,000 looked at, none found: at most 2.5 %, that is 442 images (95 %)
    in a next audit, at most 0.5 % of the others costs 736 clean answers (97.5 %)
    """
    outside = estimate.outside
    hopeless = reword(estimate.found + outside.found, estimate.answers)
    if hopeless:
        return (hopeless,)
    said = [_zone(estimate)]
    if unsure := estimate.unsure + outside.unsure:
        said.append(f"{unsure:,} unsure: a lower limit takes them for no, an upper limit for yes")
    if outside.size:
        said.append(_outside(outside, estimate.alpha))
    dearer = [share for share in _SHARES if Fraction(share) / 100 * outside.size < outside.at_most]
    if outside.looked < outside.size and dearer:
        alpha = ALPHA / (estimate.look + 1)
        costs = (_cost(share, alpha, outside.size) for share in dearer)
        said.append(f"in a next audit, at most {', at most '.join(costs)} ({_level(alpha)})")
    return tuple(said)


def without_audit(found: int, answers: int) -> tuple[str, ...]:
    r"""What can be said while there was no audit: nothing of what is left, and what it would take.

    >>> print(*without_audit(38, 118), sep="\n")
    found 38 in 118 answers; how many are left, an audit says
    outside its zone, at most 2.5 % costs 119 clean answers, at most 0.5 % costs 598 (95 %)
    >>> without_audit(0, 70)
    ('reword the prompt: no yes in 70 answers',)
    """
    hopeless = reword(found, answers)
    if hopeless:
        return (hopeless,)
    first, second = (clean_answers(float(share) / 100) for share in _SHARES)
    return (
        f"found {found:,} in {_counted(answers, 'answer')}; how many are left, an audit says",
        f"outside its zone, at most {_SHARES[0]} % costs {first} clean answers, at most {_SHARES[1]} % costs {second} "
        f"({_level(ALPHA)})",
    )


def reword(found: int, answers: int) -> str | None:
    """That the prompt is at fault, once there are enough answers and no yes among them; else None.

    >>> reword(0, 69), reword(1, 500), reword(0, 85)
    (None, None, 'reword the prompt: no yes in 85 answers')
    """
    return f"reword the prompt: no yes in {answers:,} answers" if not found and answers >= PATIENCE else None


def _zone(estimate: Estimate) -> str:
    start = f"found {estimate.found:,}; in the {estimate.zone:,} most likely"
    if estimate.high == estimate.found:
        return f"{start} there are no more ({_level(estimate.alpha)})"
    interval = f"{_level(estimate.alpha)} interval {estimate.low:,} to {estimate.high:,}"
    return f"{start} about {estimate.about:,} ({interval})"


def _outside(outside: Outside, alpha: float) -> str:
    found = f"{outside.found:,} found" if outside.found else "none found"
    if not outside.looked:
        return f"nothing is known of the other {outside.size:,}: none of them was looked at"
    if outside.looked == outside.size:
        return f"all of the other {outside.size:,} looked at, {found}"
    share = f"at most {_share(outside.at_most, outside.size)} %, that is {_counted(outside.at_most, 'image')}"
    return f"{outside.looked:,} of the other {outside.size:,} looked at, {found}: {share} ({_level(alpha)})"


def _cost(share: str, alpha: float, size: int) -> str:
    needed = clean_answers(float(share) / 100, alpha=alpha)
    if needed >= size:
        return f"{share} % of the others costs looking at all {size:,}"
    return f"{share} % of the others costs {needed:,} clean answers"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _share(part: int, whole: int) -> str:
    """Percent, rounded up: one decimal, and below one percent two digits."""
    percent, decimals = Fraction(100 * part, whole), 1
    while 0 < percent * 10 ** (decimals - 1) < 1:
        decimals += 1
    return _decimal(-(-percent * 10**decimals // 1), decimals)


def _level(alpha: float) -> str:
    """Percent, rounded down to one decimal: what is promised."""
    return f"{_decimal(int(1000 * (1 - alpha) + 1e-6), 1)} %"


def _decimal(number: int, decimals: int) -> str:
    text = f"{number:0{decimals + 1}d}"
    return f"{text[:-decimals]}.{text[-decimals:]}".rstrip("0").rstrip(".")
