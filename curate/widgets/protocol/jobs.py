"""What runs in the background."""

from __future__ import annotations

from typing import Literal

import msgspec

from curate.widgets.protocol.base import Count, Reply, Request

JobKind = Literal["project", "export", "issues", "duplicates", "split"]


class Project(Request, tag="project", frozen=True):
    """Make the map in the background; `again` also where there is one."""

    again: bool = False


class StopJob(Request, tag="stop_job", frozen=True):
    """Stop what runs in the background, or forget what has ended."""

    job: Count


class Job(msgspec.Struct, frozen=True):
    """Something that runs in the background. `text` says what came of it, or what went wrong, and `hint` what to do."""

    id: int
    kind: JobKind
    title: str
    done: int
    total: int
    state: Literal["running", "done", "failed", "stopped"]
    text: str
    hint: str


class Started(Reply, tag="started", frozen=True):
    """It runs in the background; `JobChanged` tells how far it is."""

    job: Job
