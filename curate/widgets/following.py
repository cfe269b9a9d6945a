"""Being told that a dataset has changed, here or in another process."""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Callable

from curate.store.session import Session

logger = logging.getLogger("curate.widgets")


class Following:
    """Calls a bound method after the session has changed, on a thread of its own: whoever refreshed it holds its lock.

    Changes that come while the method is still to be called are told together. The object of the method is held weakly.

    Attributes:
        version: counts up with every change, at once.
    """

    def __init__(self, session: Session, told: Callable[[], None]) -> None:
        self.version = 1
        self._told = weakref.WeakMethod(told)
        self._telling = False
        session.watch(self._changed)

    def _changed(self) -> None:
        self.version += 1
        if not self._telling:
            self._telling = True
            threading.Thread(target=_tell, args=(weakref.ref(self),), name="curate-follow", daemon=True).start()

    def _tell_now(self) -> None:
        self._telling = False
        if (told := self._told()) is not None:
            told()


def _tell(held: weakref.ref[Following]) -> None:
    following = held()
    if following is None:
        return
    try:
        following._tell_now()
    except Exception:  # a widget that is closed meanwhile; whoever looks asks by itself
        logger.exception("A widget could not be told of a change")
