"""S3Observer over HTTP on loopback."""

from __future__ import annotations

import uuid

import pytest

boto3 = pytest.importorskip("boto3")
pytest.importorskip("moto.server")

from sacred import Experiment  # noqa: E402
from sacred.observers.s3_observer import S3Observer, s3_option  # noqa: E402
from sacred.runs import open_store  # noqa: E402
from sacred.stores.buckets.s3 import S3Bucket  # noqa: E402
from sacred.stores.store import StorePermissionError  # noqa: E402
from tests.services.buckets import BucketContract  # noqa: E402
from tests.unit.stores.observer_calls import start  # noqa: E402


@pytest.fixture(scope="module")
def server(s3_server):
    return s3_server


@pytest.fixture
def place():
    return f"runs-{uuid.uuid4().hex[:12]}"


class TestS3(BucketContract):
    observer_class = S3Observer
    option = (s3_option, "s3")
    flag = "-S"

    def everything(self, observer):
        client = boto3.client("s3")
        start = f"{observer.basedir}/"
        keys = [o["Key"] for o in client.list_objects_v2(Bucket=observer.bucket)["Contents"]]
        return {
            key.removeprefix(start): client.get_object(Bucket=observer.bucket, Key=key)[
                "Body"
            ].read()
            for key in keys
            if key.startswith(start)
        }

    def test_the_bucket_is_made_when_a_run_starts(self, observer):
        client = boto3.client("s3")
        names = lambda: [b["Name"] for b in client.list_buckets()["Buckets"]]  # noqa: E731
        assert observer.bucket not in names()
        self.test_ids(observer)
        assert observer.bucket in names()

    def test_there_is_a_region_or_a_clear_error(self, place, monkeypatch, tmp_path):
        assert S3Observer(place, "base", region="us-east-1").region == "us-east-1"
        assert S3Observer(place, "base").region == "eu-central-1"
        monkeypatch.delenv("AWS_DEFAULT_REGION")
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
        with pytest.raises(ValueError, match="There is no region for S3"):
            S3Observer(place, "base")

    def test_without_credentials(self, observer, monkeypatch, tmp_path):
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
        with pytest.raises(StorePermissionError, match=observer.bucket):
            start(observer)


def test_only_the_users_own_client_logs_where_its_credentials_are_from(
    server, place, monkeypatch, caplog
):
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    ex = Experiment("talks", interactive=True, save_git_info=False)
    ex.observers.append(S3Observer(place, "runs"))

    @ex.main
    def main(asks):
        if asks:
            boto3.session.Session().client("s3").list_buckets()

    for asks, expected in ((False, 0), (True, 1)):
        caplog.clear()
        with caplog.at_level("INFO"):
            ex.run(config_updates={"asks": asks})
        found = [r for r in caplog.records if r.name == "botocore.credentials"]
        assert len(found) == expected
        assert "Completed after" in caplog.text
    assert "credentials" not in open_store(f"s3://{place}/runs").get(1).output


def test_the_quick_reads_of_the_test_server_are_those_of_moto(server, place, monkeypatch):
    """So what is true of reads with it is true with an emulator that others have written."""
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3")
    client.create_bucket(
        Bucket=place, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    keys = ["runs/1/a é+%2F&<>.txt", "runs/1/line\nend", "runs/10/x", "runs/x", "z"]
    for number, key in enumerate(keys):
        client.put_object(Bucket=place, Key=key, Body=b"x" * number, Metadata={"n": str(number)})
    etag = client.head_object(Bucket=place, Key="z")["ETag"]

    def answers():
        lists = [{"Prefix": prefix} for prefix in ("", "runs/", "runs/1", "runs/1/", "none")]
        lists += [{**some, "Delimiter": "/"} for some in lists]
        lists += [{**some, "MaxKeys": number} for some in lists for number in (1, 2)]
        for some in lists:
            yield client.list_objects_v2(Bucket=place, **some)
        for conditions in ({}, {"Range": "bytes=0-0"}):
            yield from (client.get_object(Bucket=place, Key=key, **conditions) for key in keys[1:])
        yield client.get_object(Bucket=place, Key=keys[0])
        yield client.get_object(Bucket=place, Key="z", IfMatch=etag)
        for wrong in ({"Key": "none"}, {"Key": "runs/x", "IfMatch": etag}):
            with pytest.raises(client.exceptions.ClientError) as caught:
                client.get_object(Bucket=place, **wrong)
            yield {"code": caught.value.response["Error"]["Code"]}

    def comparable(answer):
        assert answer.pop("ResponseMetadata", {"HTTPStatusCode": 200})["HTTPStatusCode"] < 300
        if "Body" in answer:
            answer["Body"] = answer["Body"].read()
        answer.pop("NextContinuationToken", None)
        return answer

    quick = [comparable(answer) for answer in answers()]
    monkeypatch.setattr(server, "quick_reads", False)
    assert quick == [comparable(answer) for answer in answers()]


@pytest.mark.parametrize("name", ["", "ab", "A-b-c", "a_b", "a..b", "1.2.3.4", "-abc", "x" * 64])
def test_impossible_names_of_buckets(name):
    with pytest.raises(ValueError, match="cannot be the name of an S3 bucket"):
        S3Observer(name, "base", region="us-east-1")


@pytest.mark.parametrize("size", [5 << 20, 4 << 30, (4 << 30) + 1, (8 << 30) + 1, 9 << 30])
def test_large_objects_are_copied_in_parts_that_the_service_takes(size, monkeypatch):
    ranges, completed = [], []

    class Client:
        def head_bucket(self, **given):
            return {}

        def create_multipart_upload(self, **given):
            return {"UploadId": "u"}

        def upload_part(self, **given):
            return {"ETag": "x"}

        def complete_multipart_upload(self, **given):
            completed.append(given["MultipartUpload"]["Parts"])

        def upload_part_copy(self, **given):
            start, stop = given["CopySourceRange"].removeprefix("bytes=").split("-")
            ranges.append((int(start), int(stop) + 1))
            return {"CopyPartResult": {"ETag": "x"}}

    monkeypatch.setattr("boto3.session.Session.client", lambda *args, **kwargs: Client())
    S3Bucket("some-bucket", "us-east-1").extend("k", size, b"tail")
    assert [len(parts) for parts in completed] == [len(ranges) + 1]
    assert [start for start, _ in ranges] == [0, *(stop for _, stop in ranges[:-1])]
    assert ranges[-1][1] == size
    assert all(5 << 20 <= stop - start <= 5 << 30 for start, stop in ranges)
