"""Croissant: JSON-LD beside an export, so that catalogues and loaders of machine-learning datasets know what is in it.

`croissant.json` names the files with their checksums (many of a kind as one set), the parts, the classes, and the columns of the
samples, which stand in `croissant.parquet` whatever the format is: loaders of Croissant read tables, and not every format.
Source: https://docs.mlcommons.org/croissant/docs/croissant-spec-1.0.html
"""

from __future__ import annotations

import mimetypes
import tempfile
import warnings
from collections import Counter
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

import msgspec
import polars as pl

from curate.errors import NotVerified
from curate.exports.contents import PART
from curate.exports.formats import format_named
from curate.exports.labels import shortest
from curate.exports.manifest import NAME, File, Manifest, read_manifest, sha256_of
from curate.exports.records import differ, paired

DOCUMENT, TABLE = "croissant.json", "croissant.parquet"
MANY = 100  # files of one suffix that are listed one by one; more are one set
_TYPES = {
    ".arrow": "application/vnd.apache.arrow.stream",
    ".jsonl": "application/jsonlines",
    ".parquet": "application/x-parquet",
    ".tar": "application/x-tar",
    ".yaml": "application/yaml",
}
_PLAIN = "application/octet-stream"
_EXACT = 2**53  # integers up to here survive as the float64 that pandas makes of a column with gaps
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


@dataclass(frozen=True)
class Croissant:
    """What was written.

    Attributes:
        path: of `croissant.json`.
        records: samples that it describes.
        read_by: name and version of the reader, not ours, that found in it what was meant; empty where it is not installed.
    """

    path: Path
    records: int
    read_by: str


def croissant(path: str | Path) -> Croissant:
    """Describe an export as Croissant, in its folder; the export's manifest then lists the new files.

    It can follow an export of any format, also one of last week. The same export gives the same bytes. Labels stay in the export's
    own files. Reading it back takes memory for the metadata of all samples.

    Args:
        path: the folder that `export` wrote.

    Raises:
        NotVerified: there is no manifest, the export cannot be read, or mlcroissant does not find what was meant. The export is as
            it was.
    """
    folder = Path(path).expanduser().absolute()
    manifest = read_manifest(folder)
    own = [file for file in manifest.files if file.path not in (DOCUMENT, TABLE)]
    plain = msgspec.structs.replace(manifest, files=own)
    table = _table(format_named(plain.format).read_back(folder, plain).samples)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}.croissant-", dir=folder.parent) as temporary:
        aside = Path(temporary)
        table.write_parquet(aside / TABLE, compression="zstd")
        files = [*own, _file(aside / TABLE)]
        document = msgspec.json.encode(_document(plain, files, table))
        (aside / DOCUMENT).write_bytes(msgspec.json.format(document, indent=1) + b"\n")
        try:
            read_by = _checked(aside, table)
        except ImportError:
            read_by = ""
        files = sorted([*files, _file(aside / DOCUMENT)], key=lambda file: file.path)
        (aside / NAME).write_bytes(msgspec.structs.replace(manifest, files=files).to_json())
        for name in (TABLE, DOCUMENT, NAME):
            (aside / name).replace(folder / name)
    return Croissant(folder / DOCUMENT, table.height, read_by)


def _file(path: Path) -> File:
    digest, length = sha256_of(path)
    return File(path.name, length, digest)


def _table(samples: pl.DataFrame) -> pl.DataFrame:
    """Columns of types that Croissant has; what else there is becomes text."""
    columns = []
    for column in samples:
        if column.dtype == pl.Object:
            continue
        listed = isinstance(column.dtype, pl.List)
        inner: Any = column.dtype.inner if listed else column.dtype  # type: ignore[attr-defined]
        if inner.is_nested() or inner in (pl.Binary, pl.Time, pl.Duration) or inner.is_decimal():
            texts = [None if value is None else msgspec.json.encode(value, enc_hook=str).decode() for value in column]
            columns.append(pl.Series(column.name, texts, dtype=pl.String))
        elif inner in (pl.Categorical, pl.Enum, pl.Null):
            columns.append(column.cast(pl.List(pl.String) if listed else pl.String))
        elif inner.is_integer() and column.null_count() and not listed and _large(column):
            columns.append(column.cast(pl.String))
        else:
            columns.append(shortest(column).alias(column.name) if column.dtype == pl.Float32 else column)
    return pl.DataFrame(columns).with_columns(pl.selectors.float().fill_nan(None))


def _large(column: pl.Series) -> bool:
    return column.is_between(-_EXACT, _EXACT).not_().any()


def _document(manifest: Manifest, files: list[File], table: pl.DataFrame) -> dict[str, Any]:
    name = str(manifest.provenance.get("dataset") or "export")
    samples = manifest.counts["samples"]
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": name,
        "description": f"{samples:,} samples of {name}, exported by Curate {manifest.curate} as {manifest.format}"
        + (f": {manifest.python}" if manifest.python else ""),
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "distribution": _distribution(files),
        "recordSet": [
            *([_listed("splits", manifest.parts, "cr:Split")] if manifest.parts else []),
            *([_listed("classes", manifest.classes, "sc:Enumeration")] if manifest.classes else []),
            {
                "@type": "cr:RecordSet",
                "@id": "samples",
                "name": "samples",
                "key": {"@id": "samples/sample_id"},
                "field": [_field(column, has_parts=bool(manifest.parts)) for column in table],
            },
        ],
    }


def _distribution(files: list[File]) -> list[dict[str, Any]]:
    kinds = Counter(PurePosixPath(file.path).suffix for file in files)
    single = [file for file in files if kinds[PurePosixPath(file.path).suffix] <= MANY]
    sets = sorted(suffix for suffix, count in kinds.items() if count > MANY)
    return [
        *(
            {
                "@type": "cr:FileObject",
                "@id": quote(file.path),
                "name": file.path,
                "contentUrl": quote(file.path),
                "contentSize": f"{file.bytes} B",
                "encodingFormat": _type(PurePosixPath(file.path).suffix),
                "sha256": file.sha256,
            }
            for file in single
        ),
        *(
            {
                "@type": "cr:FileSet",
                "@id": f"files{quote(suffix)}",
                "name": f"files{suffix}",
                "encodingFormat": _type(suffix),
                "includes": f"**/*{suffix}",
            }
            for suffix in sets
        ),
    ]


def _type(suffix: str) -> str:
    return _TYPES.get(suffix.lower()) or mimetypes.types_map.get(suffix.lower(), _PLAIN)


def _listed(name: str, values: Any, kind: str) -> dict[str, Any]:
    """A record set that holds its few values itself."""
    field = f"{name}/name"
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "dataType": kind,
        "key": {"@id": field},
        "field": [{"@type": "cr:Field", "@id": field, "name": "name", "dataType": "sc:Text"}],
        "data": [{field: value} for value in values],
    }


def _field(column: pl.Series, *, has_parts: bool) -> dict[str, Any]:
    repeated = isinstance(column.dtype, pl.List)
    field = {
        "@type": "cr:Field",
        "@id": _id(column.name),
        "name": column.name,
        "dataType": _data_type(column.dtype.inner if isinstance(column.dtype, pl.List) else column.dtype),
        "source": {"fileObject": {"@id": TABLE}, "extract": {"column": column.name}},
    }
    if has_parts and column.name == PART:
        field["references"] = {"field": {"@id": "splits/name"}}
    return field | ({"repeated": True} if repeated else {})


def _id(column: str) -> str:
    return f"samples/{quote(column, safe='')}"


def _data_type(dtype: pl.DataType | Any) -> str:
    if dtype == pl.Boolean:
        return "sc:Boolean"
    if dtype.is_integer():
        return "sc:Integer"
    if dtype.is_float():
        return "sc:Float"
    return "sc:Date" if dtype.is_temporal() else "sc:Text"


def _checked(folder: Path, table: pl.DataFrame) -> str:
    import mlcroissant

    days = pl.selectors.date().cast(pl.Datetime)  # mlcroissant gives a day as its midnight
    with warnings.catch_warnings():
        # What rdflib and pandas say of mlcroissant's use of them is nothing that our users can change.
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            dataset = mlcroissant.Dataset(jsonld=str(folder / DOCUMENT))
            for record, row in paired(iter(dataset.records("samples")), table.with_columns(days).iter_rows(named=True)):
                names = list(row)
                differ(
                    f"sample {row['sample_id']} in {DOCUMENT}",
                    [row[name] for name in names],
                    [_read(record.get(_id(name))) for name in names],
                    names,
                )
        except mlcroissant.ValidationError as error:
            raise NotVerified(f"{DOCUMENT} is not valid: {error}") from error
    return f"mlcroissant {version('mlcroissant')}"


def _read(value: Any) -> Any:
    """What mlcroissant gives, as polars gives it: text comes as UTF-8, times as those of pandas."""
    if isinstance(value, list):
        return [_read(each) for each in value]
    if isinstance(value, bytes):
        return value.decode()
    return value.to_pydatetime() if hasattr(value, "to_pydatetime") else value
