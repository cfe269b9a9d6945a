"""`Dataset.classify`: a field from words or from examples, stored as labels of a model."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from curate import errors
from curate.engines.progress import Progress
from curate.labels import lighting, probe, zero_shot
from curate.labels.accuracy import Accuracy
from curate.labels.calibration import REVIEWED_LEAST, Calibration, calibrate, combined
from curate.labels.predictions import prediction_rows, reviewed
from curate.labels.softmax import Doubles, Integers, probabilities
from curate.labels.zero_shot import NONE, Classes

if TYPE_CHECKING:
    from curate.dataset import Dataset
    from curate.search.index import VectorIndex
    from curate.view import View

EXAMPLES_MOST = 10_000
"""So many labels are learnt from, or calibrated on, drawn at random; more change nothing that anybody would see."""

_BLOCK = 16_384
_THUMBNAILS = 512


@dataclass(frozen=True, eq=False)
class Classified:
    """What a `classify` said; a class in brackets is the view of its samples: ``classified["hail"]``.

    Attributes:
        dataset: that was classified.
        field: what the labels are about.
        source: who says so: ``clip:`` and the encoder's name.
        run: the labels' run; `Dataset.undo` takes it back.
        counts: class to number of samples.
        missing: readable samples without a vector, and so without a label.
        calibration: what the reviewed samples said; None where there were too few.
        accuracy: of a class that was learnt from examples, by folds; None for words.
        note: why there is no calibration, or what the accuracy suffers from, in words.
        seconds: how long it took.
    """

    dataset: Dataset
    field: str
    source: str
    run: str
    counts: dict[str, int]
    missing: int
    calibration: Calibration | None
    accuracy: Accuracy | None
    note: str
    seconds: float

    def __getitem__(self, name: str) -> View:
        if name not in self.counts:
            raise errors.UnknownName("class", name, self.counts)
        said = "SELECT sample_id FROM labels WHERE field = ? AND source = ? AND value = ?"
        return self.dataset.where(f"sample_id IN ({said})", self.field, self.source, name)

    def __str__(self) -> str:
        total = sum(self.counts.values())
        lines = [f"{self.field} by {self.source}: {total:,} samples labelled in {self.seconds:.1f} s"]
        lines.append("  " + ", ".join(f"{name} {count:,}" for name, count in self.counts.items()))
        if self.accuracy is not None:
            lines.append(f"  cross-validated accuracy: {self.accuracy}")
        if self.calibration is not None:
            lines.append(f"  {self.calibration}")
            if self.accuracy is None:
                lines.append(f"  accuracy on the reviewed samples, by folds: {self.calibration.accuracy}")
        if self.note:
            lines.append(f"  {self.note}")
        if self.missing:
            lines.append(
                f"  without a vector, and so without a label: {self.missing:,}; ds.embed() makes what is missing"
            )
        return "\n".join(lines)

    __repr__ = __str__


def classify(
    dataset: Dataset,
    field: str,
    classes: Classes | None,
    *,
    calibrate: str | None,
    from_labels: bool,
    encoder: str | None,
    none_of_these: bool,
) -> Classified:
    """`Dataset.classify`."""
    if not isinstance(field, str) or not field.strip():
        raise errors.BadValue(f"'field' is a name. Got {field!r}", hint="ds.classify('weather', ['rain', 'snow'])")
    dataset.folder.must_write()
    started = time.monotonic()
    work = _Work(dataset, field, encoder)
    if from_labels:
        if classes is not None or calibrate is not None:
            given = "classes" if classes is not None else "calibrate"
            raise errors.BadValue(
                f"from_labels=True learns from the labels of {field!r} and takes no {given!r}", hint="leave it out"
            )
        outcome = work.from_examples()
    elif classes is None and field == lighting.FIELD:
        outcome = work.from_light(calibrate)
    elif classes is None:
        raise errors.BadValue(
            f"{field!r} needs classes",
            hint=f"ds.classify({field!r}, ['one', 'another']), or from_labels=True to learn them from labels",
        )
    else:
        outcome = work.from_words(
            zero_shot.phrasings_of(classes, none_of_these=none_of_these), none_of_these, calibrate
        )
    return work.store(outcome, started)


@dataclass(frozen=True)
class _Outcome:
    """A class for every sample with a vector, and how it came to be.

    Attributes:
        names: of the classes.
        codes: (n,) int64 places in `names`.
        scores: (n,) float64 probabilities of those.
        how: words, examples, or words and pixels.
    """

    names: tuple[str, ...]
    codes: Integers
    scores: Doubles
    how: str
    calibration: Calibration | None = None
    accuracy: Accuracy | None = None
    note: str = ""


class _Work:
    """One classification: the dataset and its vectors, aligned."""

    def __init__(self, dataset: Dataset, field: str, encoder: str | None) -> None:
        self.dataset = dataset
        self.field = field
        session = dataset.session
        session.refresh()
        with session.lock:  # an index of positions that another thread's refresh has not changed meanwhile
            self.info = dataset.vectors_.info(encoder)
            self.index: VectorIndex = dataset.vectors_.index(self.info.name)
            self.present = np.flatnonzero(self.index.present)
            self.ids = session.sample_ids[self.present]
            self.missing = int(np.count_nonzero(session.readable & ~self.index.present))
        if len(self.present) == 0:
            raise errors.VectorsNotFound(
                f"No sample has a vector of {self.info.name!r}", hint="ds.embed() makes what is missing"
            )

    # -- the three ways -----------------------------------------------------------------------------------------------

    def from_words(
        self, phrasings: dict[str, tuple[str, ...]], none_of_these: bool, calibrate_on: str | None
    ) -> _Outcome:
        """Zero-shot."""
        names = (*phrasings, NONE) if none_of_these else tuple(phrasings)
        truth = self._truth(calibrate_on, names)
        score = self._scorer(phrasings, none_of_these)
        # what is said of "none of these" beside its prompts, which are nobody's own: nothing, until people have said more
        place = np.zeros(len(names))
        place[-1] = float(none_of_these)

        def evidence(at: Integers) -> Doubles:
            words = score(self._vectors(at))
            return np.stack([words, np.broadcast_to(place, words.shape)])

        none = truth.codes == len(names) - 1
        kinds = 2 if none_of_these and none.any() and not none.all() else 1
        return self._decided(names, evidence, (1.0, 0.0), truth, kinds=kinds, how="words")

    def from_light(self, calibrate_on: str | None) -> _Outcome:
        """Day, dusk or night."""
        names = tuple(lighting.PHRASINGS)
        truth = self._truth(calibrate_on, names)
        score = self._scorer(lighting.PHRASINGS, none_of_these=False)
        pixels = lighting.pixel_logits(self._brightness())

        def evidence(at: Integers) -> Doubles:
            return np.stack([lighting.WORDS_WEIGHT * score(self._vectors(at)), pixels[at]])

        return self._decided(names, evidence, (1.0, 1.0), truth, kinds=2, how="words and pixels")

    def from_examples(self) -> _Outcome:
        """A linear probe."""
        rows, values = self._aligned(reviewed(self._labels(self.field)))
        if len(rows) == 0:
            raise errors.BadValue(
                f"No sample with a vector has a label {self.field!r} by an annotator",
                hint=f"ds.add_labels(table, field={self.field!r}, source='your name')",
            )
        names = tuple(sorted(set(values)))
        truth = np.array([names.index(value) for value in values], np.int64)
        learnt = probe.train(self._vectors(rows), truth, names)
        found = calibrate(learnt.held_out[None], truth, groups=learnt.groups)
        outcome = self._classes(names, lambda at: found.weights[0] * learnt.logits(self._vectors(at)), how="examples")
        single = [name for code, name in enumerate(names) if np.count_nonzero(truth == code) == 1]
        note = f"with a single example, and so wrong in the cross-validation: {', '.join(single)}" if single else ""
        return replace(outcome, calibration=found, accuracy=learnt.accuracy, note=note)

    # -- what they share ----------------------------------------------------------------------------------------------

    def _decided(
        self,
        names: tuple[str, ...],
        evidence: Callable[[Integers], Doubles],
        weights: tuple[float, ...],
        truth: _Truth,
        *,
        kinds: int,
        how: str,
    ) -> _Outcome:
        """Calibrate the first `kinds` of the evidence where enough is known, and choose classes."""
        found = None
        if not truth.note:
            groups = probe.alike(self._vectors(truth.rows))
            found = calibrate(evidence(truth.rows)[:kinds], truth.codes, before=weights[:kinds], groups=groups)
            weights = (*found.weights, *weights[kinds:])
        outcome = self._classes(names, lambda at: combined(evidence(at), weights), how=how)
        return replace(outcome, calibration=found, note=truth.note)

    def _classes(self, names: tuple[str, ...], logits: Callable[[Integers], Doubles], *, how: str) -> _Outcome:
        codes = np.empty(len(self.present), np.int64)
        scores = np.empty(len(self.present))
        with Progress(len(self.present), f"classify {self.field}") as progress:
            for low in range(0, len(self.present), _BLOCK):
                at = np.arange(low, min(low + _BLOCK, len(self.present)))
                likely = probabilities(logits(at))
                codes[at], scores[at] = likely.argmax(axis=1), likely.max(axis=1)
                progress.add(len(at))
        return _Outcome(names, codes, scores, how)

    def _vectors(self, rows: Integers) -> np.ndarray:
        return self.index.reconstruct(self.present[rows])

    def _scorer(self, phrasings: dict[str, tuple[str, ...]], none_of_these: bool) -> Callable[[np.ndarray], Doubles]:
        """What gives (m, c) logits of (m, d) vectors, by words."""
        from curate.encoders.scale import logit_scale
        from curate.search.prompts import prompt_vectors

        if not self.info.has_text:
            raise errors.BadValue(
                f"The encoder {self.info.name!r} knows no words", hint="from_labels=True learns from labels instead"
            )
        encoder = self.dataset.vectors_.encoder(self.info.name)
        texts = [text for prompts in phrasings.values() for text in prompts]
        classes = zero_shot.class_vectors(prompt_vectors(encoder, texts), [len(p) for p in phrasings.values()])
        others = prompt_vectors(encoder, zero_shot.background(phrasings)) if none_of_these else None
        scale = logit_scale(encoder)
        return lambda vectors: zero_shot.logits(vectors, classes, scale=scale, others=others)

    def _labels(self, field: str) -> pl.DataFrame:
        return self.dataset.session.read("SELECT * FROM labels WHERE field = ?", [field])

    def _aligned(self, known: pl.DataFrame) -> tuple[Integers, list[str]]:
        """Rows of `present`, and what is known of them; of very many some, drawn at random."""
        rows = np.searchsorted(self.present, self.dataset.positions_of(known["sample_id"].to_numpy()))
        rows = np.minimum(rows, len(self.present) - 1)
        there = np.flatnonzero(self.ids[rows] == known["sample_id"].to_numpy())
        if len(there) > EXAMPLES_MOST:
            there = np.sort(np.random.default_rng(0).choice(there, EXAMPLES_MOST, replace=False))
        return rows[there], known["value"].gather(there).to_list()

    def _truth(self, source: str | None, names: tuple[str, ...]) -> _Truth:
        """What people say, for the calibration."""
        name = self.field if source is None else source
        rows, values = self._aligned(self._reviewed(name, given=source is not None))
        other = names.index(NONE) if NONE in names else -1
        place = {value: code for code, value in enumerate(names)}
        codes = np.array([place.get(value, other) for value in values], np.int64)
        kept = codes >= 0
        if len(values) and not any(value in place for value in values):
            raise errors.BadValue(
                f"None of the reviewed values of {name!r} is one of the classes. Got {', '.join(map(repr, values[:3]))}",
                hint=f"the classes are {', '.join(map(repr, names))}",
            )
        found = int(kept.sum())
        if found >= REVIEWED_LEAST:
            return _Truth(rows[kept], codes[kept])
        if source is not None:
            raise errors.BadValue(
                f"It takes {REVIEWED_LEAST} reviewed samples with a vector to calibrate. {name!r} has {found}",
                hint="leave calibrate out, or review more",
            )
        return _Truth(rows[kept], codes[kept], note=f"not calibrated: {found} of {REVIEWED_LEAST} reviewed samples")

    def _reviewed(self, name: str, *, given: bool) -> pl.DataFrame:
        session = self.dataset.session
        found = reviewed(self._labels(name))
        if found.height or not given:
            return found
        if name in session.columns:
            samples = self.dataset.df(["sample_id", name])
            if samples[name].dtype.is_nested():
                raise errors.BadValue(f"The column {name!r} holds lists", hint="calibrate on one value a sample")
            return samples.select("sample_id", pl.col(name).cast(pl.String).alias("value")).drop_nulls("value")
        fields = session.read("SELECT DISTINCT field FROM labels")["field"].to_list()
        if name in fields:
            raise errors.BadValue(
                f"No annotator has given {name!r} a value", hint="ds.add_labels(table, field=…, source='your name')"
            )
        raise errors.UnknownName("label field or column", str(name), [*fields, *session.columns])

    def _brightness(self) -> np.ndarray:
        """(n, 2) of sky and ground, nan where there is no thumbnail."""
        from curate.media.decode import Undecodable, decode_planes

        found = np.full((len(self.present), 2), np.nan)
        with Progress(len(self.present), "light of the pictures") as progress:
            for low in range(0, len(self.present), _THUMBNAILS):
                jpegs = self.dataset.thumbnails(self.present[low : low + _THUMBNAILS])
                for row, jpeg in enumerate(jpegs, low):
                    if jpeg is not None:
                        with contextlib.suppress(Undecodable):
                            found[row] = lighting.sky_and_ground(decode_planes(jpeg, longest=lighting.LONGEST)[0].luma)
                progress.add(len(jpegs))
        return found

    def store(self, outcome: _Outcome, started: float) -> Classified:
        """Write the labels; they take the place of what this encoder said of the field before."""
        run = f"{self.field}-{secrets.token_hex(4)}"
        source = f"clip:{self.info.name}"
        payload: dict[str, Any] = {
            "field": self.field,
            "source": source,
            "run": run,
            "replaces": True,
            "how": outcome.how,
            "classes": list(outcome.names),
            "encoder": self.info.name,
            "weights": self.info.weights_hash,
        }
        for name, said in (("calibration", outcome.calibration), ("accuracy", outcome.accuracy)):
            if said is not None:
                payload[name] = asdict(said)
        # the event first: killed in between, the run is known and can be undone or replaced
        self.dataset.write_event("label", payload, count=len(self.ids))
        rows = prediction_rows(
            self.ids, outcome.codes, outcome.names, outcome.scores, field=self.field, source=source, run=run
        )
        self.dataset.folder.labels.append(rows)
        self.dataset.session.refresh()
        counts = np.bincount(outcome.codes, minlength=len(outcome.names)).tolist()
        return Classified(
            self.dataset,
            self.field,
            source,
            run,
            dict(zip(outcome.names, counts, strict=True)),
            self.missing,
            outcome.calibration,
            outcome.accuracy,
            outcome.note,
            time.monotonic() - started,
        )


@dataclass(frozen=True)
class _Truth:
    """What people say of samples.

    Attributes:
        rows: (m,) int64, of those with a vector.
        codes: (m,) int64 places among the classes.
        note: why it does not do for a calibration; empty where it does.
    """

    rows: Integers
    codes: Integers
    note: str = ""
