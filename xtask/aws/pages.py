"""The built pages on their way into the bucket, with what services/site says of each."""

import json

import boto3


def upload(listing, build, bucket, origin):
    """The files, and `config.json`, which tells the pages where the API is. CloudFront compresses."""
    storage = boto3.client("s3")
    for file in listing["files"]:
        storage.put_object(
            Bucket=bucket,
            Key=file["name"],
            Body=(build / file["name"]).read_bytes(),
            ContentType=file["media_type"],
            CacheControl=file["cache_control"],
        )
    config = json.dumps({"api": origin}, separators=(",", ":"))
    storage.put_object(
        Bucket=bucket, Key="config.json", Body=config, ContentType="application/json", CacheControl="no-store"
    )
