"""The built pages on their way into the bucket, with what services/site says of each."""

import base64
import hashlib
import json
import mimetypes
import re

import boto3

INLINE = re.compile(r"<script(?:\s(?![^>]*\bsrc=)[^>]*)?>(.*?)</script>", re.DOTALL)
FOREVER, CHECKED = "public, max-age=31536000, immutable", "no-cache"


def scripts(build):
    """The inline scripts of all pages as sources of a policy, as `inline_scripts` of services/site makes them of one."""
    hashes = set()
    for page in sorted(build.rglob("*.html")):
        for text in INLINE.findall(page.read_text()):
            digest = hashlib.sha256(text.replace("\r\n", "\n").encode()).digest()
            hashes.add(f" 'sha256-{base64.b64encode(digest).decode()}'")
    return "".join(sorted(hashes))


def upload(build, bucket, origin):
    """The files, and `config.json`, which tells the pages where the API is. CloudFront compresses."""
    storage = boto3.client("s3")
    for path in sorted(it for it in build.rglob("*") if it.is_file() and it.suffix not in (".br", ".gz")):
        name = path.relative_to(build).as_posix()
        storage.put_object(
            Bucket=bucket,
            Key=name,
            Body=path.read_bytes(),
            ContentType=mimetypes.guess_type(name)[0] or "application/octet-stream",
            CacheControl=FOREVER if name.startswith("_app/immutable/") else CHECKED,
        )
    config = json.dumps({"api": origin})
    storage.put_object(
        Bucket=bucket, Key="config.json", Body=config, ContentType="application/json", CacheControl="no-store"
    )
