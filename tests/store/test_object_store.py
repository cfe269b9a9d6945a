"""The same code on an object store: a real S3 protocol, served on loopback."""

import os

import numpy as np
import pytest

import curate
from tests.conftest import draw

moto_server = pytest.importorskip("moto.server")
boto3 = pytest.importorskip("boto3")

KEYS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
}


@pytest.fixture
def bucket(monkeypatch):
    server = moto_server.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    # Lance reads the first two, s3fs and boto3 the third
    for name, value in {
        **KEYS,
        "AWS_ENDPOINT": endpoint,
        "AWS_ALLOW_HTTP": "true",
        "AWS_ENDPOINT_URL": endpoint,
    }.items():
        monkeypatch.setenv(name, value)
    import s3fs

    s3fs.S3FileSystem.clear_instance_cache()
    client = boto3.client("s3", endpoint_url=endpoint)
    client.create_bucket(Bucket="fleet")
    yield client
    s3fs.S3FileSystem.clear_instance_cache()
    server.stop()


@pytest.mark.slow
def test_a_dataset_on_an_object_store_with_media_on_it(bucket, tmp_path):
    for number in range(6):
        file = draw(tmp_path / f"{number}.jpg", number)
        bucket.upload_file(str(file), "fleet", f"2026-11/{number}.jpg")
    ds = curate.create("s3://fleet/roads.curate")
    assert ds.ingest("s3://fleet/2026-11/", workers=1).by_status == {"ok": 6}
    assert ds.ingest("s3://fleet/2026-11/", workers=1).added == 0
    ds.limit(2).tag("seen")
    ds.embed(lambda pictures: np.ones((len(pictures), 4)), name="ones")
    again = curate.open("s3://fleet/roads.curate")
    assert again.tagged("seen").count() == 2
    assert again.where("width = 64").search(like=np.ones(4)).limit(3).count() == 3
    assert again.image(0).size == (64, 48)
    assert all(again.thumbnails(np.arange(6)))
    again.snapshot("v1")
    ds.undo()
    assert again.at("v1").tagged("seen").count() == 2
    with pytest.raises(curate.errors.DatasetExists):
        curate.create("s3://fleet/roads.curate")
    with pytest.raises(curate.errors.DatasetNotFound):
        curate.open("s3://fleet/nothing.curate")
    assert os.environ["AWS_ENDPOINT"]
