"""What runs in the background: exports, and making the map."""

from __future__ import annotations

from pathlib import Path

from curate.errors import BadValue
from curate.exports.formats import format_named
from curate.exports.target import check_target
from curate.media.location import is_local
from curate.widgets import protocol
from curate.widgets.channel import Answer, Handler
from curate.widgets.chosen import chosen
from curate.widgets.exploration import Exploration


class JobAnswers:
    """Starts and stops jobs."""

    def __init__(self, exploration: Exploration) -> None:
        self._exploration = exploration
        self._dataset = exploration.dataset

    def handlers(self) -> dict[type[protocol.Request], Handler]:
        """By the type of the request."""
        return {
            protocol.Export: self._export,
            protocol.Project: self._project,
            protocol.StopJob: self._stop,
        }

    def _export(self, request: protocol.Export) -> Answer:
        path = exportable(request.path, request.format, overwrite=request.overwrite)
        view = chosen(self._exploration, request.what)
        count = view.count()

        def run() -> str:
            export = view.export(
                path,
                format=request.format,
                labels=request.labels,
                media=request.media,
                overwrite=request.overwrite,
            )
            written = export.counts.get("samples", 0)
            left = f", {len(export.left_out):,} left out" if export.left_out else ""
            self._exploration.look(now=True)
            return f"{_samples(written)} in {export.path}{left}"

        title = f"Export {_samples(count)} as {request.format}"
        return self._started(request, self._exploration.jobs.start("export", title, run))

    def _project(self, request: protocol.Project) -> Answer:
        encoder = self._dataset.encoder.name  # an error here says at once that there are no vectors

        def run() -> str:
            projected = self._dataset.project(again=request.again)
            self._exploration.announce(protocol.MapChanged())
            text = str(projected)
            return text[0].upper() + text[1:]

        return self._started(request, self._exploration.jobs.start("project", f"Map of {encoder}", run))

    def _stop(self, request: protocol.StopJob) -> Answer:
        self._exploration.jobs.stop(request.job)
        return protocol.Done(client=request.client, id=request.id), None

    def _started(self, request: protocol.Request, job: protocol.Job) -> Answer:
        return protocol.Started(client=request.client, id=request.id, job=job), None


def exportable(path: str, format: str, *, overwrite: bool) -> str:
    """The path of an export; what can be said at once is said where it was typed, and not by a job that fails.

    Raises:
        UnknownName: no such format.
        BadValue: no path.
        DatasetExists: something is there.
    """
    path = path.strip()
    if not path:
        raise BadValue("An export needs a path", hint="such as night-hail-export")
    format_named(format)
    if is_local(path):
        check_target(Path(path).expanduser().absolute(), overwrite=overwrite)
    return path


def _samples(count: int) -> str:
    return f"{count:,} {'sample' if count == 1 else 'samples'}"
