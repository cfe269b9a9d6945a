"""What was saved under a name: slices, their recipes, and splits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from curate.dataset import Dataset
    from curate.slice import Slice
    from curate.slices import Slices
    from curate.split import Split
    from curate.store.session import Session


class Saved:
    """The slices and splits of a dataset: the part of `Dataset` that reads what was saved before."""

    dataset: Dataset
    session: Session

    def slices(self) -> Slices:
        """One row a slice: name, count, note, actor, time, query; in a notebook with a picture of each.

        >>> _ = ds.limit(3).save("three")
        >>> ds.slices().select("name", "count").rows()
        [('three', 3)]
        """
        from curate.slices import Slices

        return Slices.of(self.dataset)

    def slice(self, name: str) -> Slice:
        """The slice of that name.

        >>> _ = ds.limit(3).save("three")
        >>> ds.slice("three").members.count()
        3
        """
        from curate.slice import Slice

        self.session.refresh()
        return Slice(self.dataset, name)

    def export_slice(self, name: str, path: str | Path) -> Path:
        """Write a slice as a JSON file that a colleague can read and `import_slice`; examples go along as vectors.

        Raises:
            UnknownName: no such slice.
            NotWritten: the file is there already, or cannot be written.

        >>> _ = ds.where("weather = 'fog'").save("fog", note="for Ada")
        >>> ds.export_slice("fog", tmp_path / "fog.json").name
        'fog.json'
        """
        from curate.recipe import export_recipe

        return export_recipe(self.slice(name), path)

    def import_slice(self, path: str | Path, *, name: str | None = None) -> Slice:
        """Save the slice in a file of `export_slice`, with those of its members that are here.

        The file is not trusted: what it names and is not here, and what a recipe may not hold, is refused by name.

        Args:
            path: of the file.
            name: for the slice; None takes that of the file.

        Raises:
            SourceNotFound: there is no such file.
            BadQuery: it is no recipe, or asks for another encoder, a file, or SQL beyond one boolean expression.
            UnknownName: it names a column, tag or sample that is not here.
            BadValue: there is a slice of that name already.

        >>> _ = ds.where("weather = 'fog'").save("fog", note="for Ada")
        >>> ds.import_slice(ds.export_slice("fog", tmp_path / "fog.json"), name="fog again").view.count()
        12
        """
        from curate.recipe import import_recipe

        return import_recipe(self.dataset, path, name=name)

    def splits(self) -> list[str]:
        """Names of the splits.

        >>> _ = ds.split({"a": 0.5, "b": 0.5}, name="halves")
        >>> ds.splits()
        ['halves']
        """
        self.session.refresh()
        return list(self.session.splits)

    def split_named(self, name: str) -> Split:
        """The split of that name.

        >>> _ = ds.split({"a": 0.5, "b": 0.5}, name="halves")
        >>> ds.split_named("halves")["a"].count()
        30
        """
        from curate.split import Split

        self.session.refresh()
        return Split(self.dataset, name)
