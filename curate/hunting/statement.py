"""How a hunt stands: counts, and what can be said of what is left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from curate.hunting.audit import Estimate, estimate
from curate.hunting.record import answers, drawn, standing
from curate.hunting.wording import reword, sentences, without_audit
from curate.store.hunts import YES, HuntLog


@dataclass(frozen=True)
class Progress:
    """Where a hunt is.

    Attributes:
        samples: that it looks at.
        answered: of them, with any answer.
        found: answered with yes.
        rejected: answered with no.
        unsure: answered with unsure.
        audit: samples of the audit under way; 0 where there is none.
        audit_left: of them, without an answer.
    """

    samples: int
    answered: int
    found: int
    rejected: int
    unsure: int
    audit: int
    audit_left: int


@dataclass(frozen=True)
class Statement:
    """What a hunt can say of what is left, in words, and the numbers behind them where there was an audit."""

    sentences: tuple[str, ...]
    estimate: Estimate | None

    def __str__(self) -> str:
        return "\n".join(self.sentences)

    __repr__ = __str__


def due(log: HuntLog) -> tuple[str, dict[str, Any]] | None:
    """What the latest audit whose samples are all answered says, where that is not stored yet.

    Where one of its answers has changed since, its draw is the same, and what it says now is due.

    Returns:
        The event of the audit and the estimate as plain data; None where nothing is to be stored.
    """
    verdicts = answers(log)
    for logged in reversed(standing(log)):
        audit = drawn(logged)
        if audit is not None and not audit.unanswered(verdicts):
            said = msgspec.to_builtins(estimate(audit, verdicts))
            stored = None if logged.estimate is None else logged.estimate["estimate"]
            return None if stored == said else (logged.event_id, said)
    return None


def stated(log: HuntLog, *, warnings: tuple[str, ...] = ()) -> Statement:
    """What the latest audit allows to say, or what it would take; with no yes in many answers, that the prompt is at fault.

    Args:
        log: of the hunt.
        warnings: what else there is to say; they come last.

    >>> import numpy as np
    >>> stated(HuntLog(np.arange(70), np.zeros(70, np.int8), np.ones(70, np.int64)))
    reword the prompt: no yes in 70 answers
    """
    found = len(log.those(YES))
    if hopeless := reword(found, len(log.ids)):
        return Statement((hopeless, *warnings), None)
    stored = [audit.estimate for audit in standing(log) if audit.estimate is not None]
    if not stored:
        return Statement((*without_audit(found, len(log.ids)), *warnings), None)
    latest = msgspec.convert(stored[-1]["estimate"], Estimate)
    since = found - latest.found - latest.outside.found
    more = (f"{since:,} more found since",) if since > 0 else ()
    return Statement((*sentences(latest), *more, *warnings), latest)
