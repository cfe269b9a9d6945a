"""Typed requests and replies on top of a widget's custom messages.

A request is read on the thread that the message came in on, is handled on a pool, and its reply is sent from there: a
kernel that is alive on a subshell stays alive, and a slow request holds up no other. Requests that change something are
handled one after the other, in the order in which they came.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

import ipywidgets
import msgspec

from curate.errors import BadMessage, CurateError
from curate.widgets import protocol

logger = logging.getLogger("curate.widgets")

Answer = tuple[protocol.AnyReply, bytes | None]
Handler = Callable[[Any], Answer]
R = TypeVar("R", bound=protocol.Request)

READ_THREADS = 2
MAX_PENDING = 512

# Everything else reads only, and may be answered in any order. To stop a job must not wait for what is written meanwhile.
IN_ORDER = (
    protocol.Look,
    protocol.Refresh,
    protocol.Edit,
    protocol.Undo,
    protocol.Redo,
    protocol.Select,
    protocol.SelectSamples,
    protocol.Lasso,
    protocol.Tag,
    protocol.SaveSlice,
    protocol.ToPython,
    protocol.Export,
    protocol.Project,
    protocol.SetVerdict,
    protocol.TakeBack,
    protocol.StartAudit,
    protocol.SaveFound,
    protocol.FindIssues,
    protocol.FindDuplicates,
    protocol.JudgeGroups,
    protocol.AcceptFrom,
    protocol.JudgePair,
    protocol.TakeBackPair,
    protocol.MakeSplit,
    protocol.ExportSplit,
)


class Channel:
    """Answers the requests that come in on a widget.

    Args:
        widget: whose custom messages are read.
        handlers: by the type of the request; each gives a reply and the bytes that go with it.

    Attributes:
        alive: whether the last message came in on a subshell, so that widgets answer while a cell runs.
    """

    def __init__(self, widget: ipywidgets.Widget, handlers: Mapping[type[protocol.Request], Handler]) -> None:
        self.alive = False
        self._widget = widget
        self._handlers = dict(handlers)
        self._reads = ThreadPoolExecutor(READ_THREADS, thread_name_prefix="curate-read")
        self._writes = ThreadPoolExecutor(1, thread_name_prefix="curate-write")
        self._pending: dict[tuple[str, int], Future[None]] = {}
        self._unwanted: set[tuple[str, int]] = set()
        self._lock = threading.Lock()
        self._sending = threading.Lock()
        widget.on_msg(self._receive)
        stay_on_subshell(widget)

    def send(self, message: protocol.AnyReply | protocol.AnyEvent, buffer: bytes | None = None) -> None:
        """Send a message to every client. Thread-safe; a widget that is closed sends nothing."""
        with self._sending:
            if self._widget.comm is not None:
                self._widget.send(protocol.write(message), None if buffer is None else [buffer])

    def close(self) -> None:
        """Drop what has not begun. The threads end by themselves."""
        for pool in (self._reads, self._writes):
            pool.shutdown(wait=False, cancel_futures=True)

    def _receive(self, _widget: Any, content: Any, buffers: Sequence[Any]) -> None:
        self.alive = threading.current_thread() is not threading.main_thread()
        try:
            request = protocol.read(content, buffers)
        except BadMessage as error:
            self._refuse(content, error)
            return
        key = (request.client, request.id)
        if isinstance(request, protocol.Cancel):
            self._cancel((request.client, request.target))
            return
        with self._lock:
            if key in self._pending or len(self._pending) >= MAX_PENDING:
                waiting = len(self._pending)
                flooded = BadMessage(f"The widget asks too much: {waiting} requests wait", hint="wait a moment")
                self.send(failure(request.client, request.id, flooded))
                return
            in_order = isinstance(request, IN_ORDER) or (
                isinstance(request, protocol.GetFacets) and request.after_edits
            )
            pool = self._writes if in_order else self._reads
            try:
                self._pending[key] = pool.submit(self._handle, request)
            except RuntimeError:  # closed meanwhile
                return

    def _handle(self, request: Any) -> None:
        key = (request.client, request.id)
        buffer: bytes | None = None
        try:
            reply, buffer = self._handler(request)(request)
            if isinstance(reply, protocol.State):
                reply = msgspec.structs.replace(reply, alive=self.alive)
        except CurateError as error:
            reply = failure(*key, error)
        except Exception as error:  # whatever it was, the person who looks at the widget has to see it
            logger.exception("%s failed", type(request).__name__)
            reply = failure(*key, error)
        with self._lock:
            self._pending.pop(key, None)
            unwanted = key in self._unwanted
            self._unwanted.discard(key)
        if unwanted:
            return
        try:
            self.send(reply, buffer)
        except Exception as error:  # a reply that cannot be written; without another the browser would wait for ever
            logger.exception("The reply to %s cannot be sent", type(request).__name__)
            self.send(failure(*key, error))

    def _handler(self, request: protocol.Request) -> Handler:
        try:
            return self._handlers[type(request)]
        except KeyError:
            raise BadMessage(
                f"This widget has no answer to {type(request).__name__}", hint="run the cell again"
            ) from None

    def _cancel(self, key: tuple[str, int]) -> None:
        with self._lock:
            future = self._pending.get(key)
            if future is None:
                return
            if future.cancel():
                del self._pending[key]
            else:
                self._unwanted.add(key)

    def _refuse(self, content: Any, error: BadMessage) -> None:
        """Answer a message that was not understood, where it says at least who asked."""
        client, id = (content.get("client"), content.get("id")) if isinstance(content, dict) else (None, None)
        logger.warning("%s", error)
        if isinstance(client, str) and len(client) <= 64 and type(id) is int and abs(id) < 2**53:
            self.send(failure(client, id, error))


def failure(client: str, id: int, error: Exception) -> protocol.Error:
    """The reply that carries an error to the person: what was wrong, and what to do next."""
    if isinstance(error, CurateError):
        message, hint = str(error).split(" Hint: ", 1)[0], error.hint
    else:
        message, hint = f"{type(error).__name__}: {error}", "try again; the log of the notebook says where it happened"
    return protocol.Error(client=client, id=id, message=message[:2000], hint=hint[:2000])


def stay_on_subshell(widget: ipywidgets.Widget) -> bool:
    """Let the messages of this widget be handled on the subshell that the browser sent them to.

    ipykernel 7.4 routes them to the shell that last published on the comm. For a widget that was made in a cell, that
    is the main shell, and the widget freezes while cells run. The name is private, so it is looked for first; a
    browser test notices when this no longer works.

    Returns:
        Whether the kernel has that routing at all.
    """
    comm = widget.comm
    if comm is None or not hasattr(comm, "_reply_subshell_for"):
        return False
    comm._reply_subshell_for = lambda _data, default: default
    return True
