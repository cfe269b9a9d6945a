"""The formats by name. A new one is a module with a `Format`, and a line here."""

from __future__ import annotations

from curate.errors import UnknownName
from curate.exports.coco import COCO
from curate.exports.contents import Format
from curate.exports.fiftyone import FIFTYONE
from curate.exports.huggingface import HUGGINGFACE
from curate.exports.imagefolder import IMAGEFOLDER
from curate.exports.lance import LANCE
from curate.exports.metadata_imagefolder import METADATA_IMAGEFOLDER
from curate.exports.table import CSV, JSONL, PARQUET
from curate.exports.tfrecord import TFRECORD
from curate.exports.voc import VOC
from curate.exports.webdataset import WEBDATASET
from curate.exports.yolo import YOLO

FORMATS = {
    each.name: each
    for each in (
        COCO,
        CSV,
        FIFTYONE,
        HUGGINGFACE,
        IMAGEFOLDER,
        JSONL,
        LANCE,
        METADATA_IMAGEFOLDER,
        PARQUET,
        TFRECORD,
        VOC,
        WEBDATASET,
        YOLO,
    )
}


def format_named(name: str) -> Format:
    """The format of that name.

    Raises:
        UnknownName: there is none.

    >>> format_named("coco").name
    'coco'
    """
    try:
        return FORMATS[name]
    except KeyError:
        raise UnknownName("format", str(name), FORMATS) from None
