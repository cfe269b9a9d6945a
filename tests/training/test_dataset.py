import pickle
import subprocess
import sys
from itertools import chain

import fsspec
import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader, Subset
from torchvision import tv_tensors
from torchvision.transforms import v2

from curate.errors import NotReadable
from curate.training.dataset import MOST_SUBSTITUTES, PictureDataset
from curate.training.order import Order
from curate.training.pictures import Pictures
from curate.training.targets import Boxes
from tests.training.greys import flat, made, number, numbers, write

pytestmark = [
    pytest.mark.filterwarnings("ignore:This DataLoader will create"),  # more workers than a small machine has cores
    # Lance, at any fork; our own loader keeps it quiet
    pytest.mark.filterwarnings("ignore:Exception ignored in. .function __warn_on_fork"),
]


def test_an_item_is_a_picture_and_its_target(paths):
    dataset = made(paths)
    picture, target = dataset[3]
    assert (picture.shape, picture.dtype) == ((3, 6, 8), torch.uint8)
    assert (number(picture), target, len(dataset)) == (3, 103, len(paths))
    assert number(dataset[-1][0]) == len(paths) - 1
    assert number(dataset[np.int64(4)][0]) == 4


@pytest.mark.parametrize("index", [23, -24])
def test_a_number_that_is_not_there_ends_the_iteration(paths, index):
    with pytest.raises(IndexError):
        made(paths)[index]
    assert [number(picture) for picture, _ in made(paths)] == list(range(23))  # type: ignore[attr-defined]


def test_pictures_are_upright_and_rgb(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("L", (8, 4), 50).save(tmp_path / "turned.jpg", exif=exif)
    assert made([tmp_path / "turned.jpg"])[0][0].shape == (3, 8, 4)


def test_the_transform_gets_a_picture_of_pillow(paths):
    small = made(paths, transform=v2.Compose([v2.ToImage(), v2.Resize((3, 4)), v2.ToDtype(torch.float32, scale=True)]))
    assert small[0][0].shape == (3, 3, 4)
    assert isinstance(made(paths, transform=lambda picture: picture)[0][0], Image.Image)


def test_a_transform_turns_boxes_with_their_picture(paths):
    boxes = Boxes(
        np.array([5, 6]), np.array([0, 1, 1]), np.array([[1, 2, 4, 5]], np.float32), np.array([1]), ("a", "b")
    )
    dataset = PictureDataset(
        Pictures([str(p) for p in paths[:2]]), boxes, np.array([5, 6]), order=Order(), left_out={},
        transform=v2.Compose([v2.ToImage(), v2.RandomHorizontalFlip(1.0)]),
    )  # fmt: skip
    _, target = dataset[0]
    assert isinstance(target["boxes"], tv_tensors.BoundingBoxes)
    assert target["boxes"].tolist() == [[4, 2, 7, 5]]
    assert (target["labels"].tolist(), target["image_id"]) == ([1], 5)
    pictures, targets = next(iter(dataset.loader(2)))
    assert pictures.shape == (2, 3, 6, 8)
    assert targets[1]["boxes"].shape == (0, 4)


def test_boxes_come_with_pictures_of_any_size(tmp_path):
    for i in (1, 2):
        Image.new("RGB", (4 * i, 4)).save(tmp_path / f"{i}.png")
    boxes = Boxes(np.array([5, 6]), np.array([0, 0, 0]), np.empty((0, 4), np.float32), np.empty(0, np.int64), ("a",))
    paths = [str(tmp_path / "1.png"), str(tmp_path / "2.png")]
    dataset = PictureDataset(Pictures(paths), boxes, np.array([5, 6]), order=Order(), left_out={})
    pictures, _ = next(iter(dataset.loader(2)))
    assert [picture.shape[2] for picture in pictures] == [4, 8]


# -- what cannot be read --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", ["gone", "broken", "empty", "folder"])
def test_raise_names_the_picture_and_why(paths, bad):
    spoil(paths[4], bad)
    with pytest.raises(NotReadable, match=r"bild 004 é\.png.*cannot be read: .*missing='skip'"):
        made(paths)[4]


def spoil(path, how="gone"):
    path.unlink()
    if how == "folder":
        path.mkdir()
    elif how != "gone":
        path.write_bytes(b"no picture" if how == "broken" else b"")


def test_the_error_of_a_worker_is_the_same(paths):
    spoil(paths[4])
    with pytest.raises(NotReadable, match="bild 004"):
        list(DataLoader(made(paths[4:5]), 8, num_workers=1))


def test_skip_gives_smaller_batches_and_counts_each_sample_once(paths):
    spoil(paths[4])
    spoil(paths[5], "broken")
    dataset = made(paths, missing="skip")
    for _ in range(2):
        batches = numbers(DataLoader(dataset, 4))
        assert batches[1] == [6, 7]
        assert list(chain.from_iterable(batches)) == [i for i in range(23) if i not in {4, 5}]
    assert dataset.unreadable.tolist() == [104, 105]
    with pytest.raises(NotReadable):
        dataset[4]  # one alone has nothing to be left out of


def test_a_batch_of_which_nothing_can_be_read_is_passed_over(paths):
    for path in paths[4:8]:
        spoil(path)
    assert [len(batch) for batch in numbers(made(paths, missing="skip").loader(4))] == [4, 4, 4, 4, 3]


def test_substitute_takes_the_next_and_its_target(paths):
    spoil(paths[4])
    spoil(paths[5], "broken")
    spoil(paths[22])
    dataset = made(paths, missing="substitute")
    assert [(number(dataset[i][0]), dataset[i][1]) for i in (4, 5, 22)] == [(6, 106), (6, 106), (0, 100)]
    assert dataset.unreadable.tolist() == [104, 105, 122]


def test_substitute_ends_where_everything_has_gone(tmp_path):
    dataset = made([tmp_path / f"{i}.jpg" for i in range(200)], missing="substitute")
    with pytest.raises(NotReadable, match=f"nor can any of the {MOST_SUBSTITUTES} after it"):
        dataset[0]
    assert len(dataset.unreadable) == MOST_SUBSTITUTES + 1


def test_an_error_of_the_transform_is_not_taken_for_a_missing_picture(paths):
    def fail(picture):
        raise OSError("the transform's own")

    with pytest.raises(OSError, match="the transform's own"):
        made(paths, transform=fail, missing="skip").__getitems__([0, 1])


# -- workers --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_workers_decode_and_say_what_they_could_not_read(paths, start):
    spoil(paths[9])
    dataset = made(paths, missing="skip")
    batches = numbers(DataLoader(dataset, 5, num_workers=1, multiprocessing_context=start))
    assert list(chain.from_iterable(batches)) == [i for i in range(23) if i != 9]
    assert dataset.unreadable.tolist() == [109]


def test_it_travels_to_another_interpreter_without_the_session(paths, tmp_path):
    spoil(paths[0])
    dataset = made(paths, missing="skip")
    dataset.__getitems__([0])
    (tmp_path / "dataset.pickle").write_bytes(pickle.dumps(dataset))
    code = (
        "import pickle, sys; dataset = pickle.load(open(sys.argv[1], 'rb'));"
        "print(int(dataset[7][0].max()), dataset.unreadable.tolist(), len(dataset));"
        "print(sorted({'duckdb', 'lance', 'polars', 'faiss', 'curate.dataset'} & set(sys.modules)))"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "dataset.pickle"], capture_output=True, text=True, check=True
    )
    assert said.stdout.split("\n")[:2] == ["70 [100] 23", "[]"]


def test_parts_of_it_are_datasets_of_pytorch(paths):
    spoil(paths[2])
    assert numbers(DataLoader(Subset(made(paths, missing="skip"), [1, 2, 3]), 3)) == [[1, 3]]


def test_an_object_store_is_read_several_at_once(tmp_path):
    files = fsspec.filesystem("memory")
    for path in write(tmp_path / "media"):
        files.pipe_file(f"/photos/{path.name}", path.read_bytes())
    files.rm_file("/photos/bild 003 é.png")
    dataset = made([f"memory://photos/bild {i:03d} é.png" for i in range(23)], missing="skip")
    assert dataset.remote
    assert flat(dataset.loader(10)) == [i for i in range(23) if i != 3]
    assert dataset.unreadable.tolist() == [103]
