"""Makes AWS calls for tests, by boto3: JSON lines over loopback connections, a request and its answer a line.

A request names endpoint, region, key, secret, token, service, operation and args. The answer is {"ok": ...} or
{"error": {"code", "message", "status"}}. A body that is not text
is given as {"base64": ...}. Times become ISO text, bytes become text, policy documents stay text.
"""

import base64
import datetime
import json
import socket
import threading
import urllib.parse

import botocore.config
import botocore.exceptions
import botocore.handlers
import botocore.session

CONFIG = botocore.config.Config(
    retries={"total_max_attempts": 1},
    connect_timeout=5,
    read_timeout=60,
    s3={"addressing_style": "path"},
)
SERVICES = ["iam", "sts", "s3", "s3control", "cloudtrail", "guardduty", "secretsmanager"]
SESSION = botocore.session.get_session()
CLIENTS = {}
LOCK = threading.Lock()

# boto3 parses policy documents; tests compare them byte for byte.
botocore.handlers.decode_quoted_jsondoc = urllib.parse.unquote

# `s3control` puts the account before the host: no prefix for an address, and a name that nothing resolves.
resolve = socket.getaddrinfo


def getaddrinfo(host, *args, **kwargs):
    return resolve("127.0.0.1" if str(host).endswith("localhost") else host, *args, **kwargs)


socket.getaddrinfo = getaddrinfo


def client(request):
    names = ("service", "endpoint", "region", "key", "secret", "token")
    name = tuple(request.get(n) for n in names)
    with LOCK:
        if name not in CLIENTS:
            CLIENTS[name] = new_client(*name)
        return CLIENTS[name]


def new_client(service, endpoint, region, key, secret, token):
    if service == "s3control":
        endpoint = endpoint.replace("127.0.0.1", "localhost")
    return SESSION.create_client(
        service,
        region_name=region,
        endpoint_url=endpoint,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=CONFIG,
    )


def plain(value):
    """What JSON has no form for, as text."""
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    if hasattr(value, "read"):
        value = value.read()
    if isinstance(value, (bytes, bytearray)):
        return value.decode("utf-8", "replace")
    return str(value)


def call(request):
    try:
        operation = getattr(client(request), request["operation"])
        args = request.get("args") or {}
        if isinstance(args.get("Body"), dict):
            args["Body"] = base64.b64decode(args["Body"]["base64"])
        result = operation(**args)
        result.pop("ResponseMetadata", None)
        return {"ok": result}
    except botocore.exceptions.ClientError as e:
        error, meta = e.response.get("Error", {}), e.response.get("ResponseMetadata", {})
        return {
            "error": {
                "code": error.get("Code", ""),
                "message": error.get("Message", ""),
                "status": meta.get("HTTPStatusCode", 0),
            }
        }
    except Exception as e:
        # A cut connection, a wrong argument: no answer of AWS.
        return {"error": {"code": type(e).__name__, "message": str(e), "status": 0}}


def warm_up():
    for service in SERVICES:
        client({"service": service, "endpoint": "http://localhost:1", "region": "us-east-1", "key": "k", "secret": "s"})
    CLIENTS.clear()


def serve(tell):
    """A thread a connection: a call may wait for another one, in a rule of the proxy."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        tell(server.getsockname()[1])
        while True:
            connection, _ = server.accept()
            threading.Thread(target=converse, args=[connection], daemon=True).start()


def converse(connection):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection, connection.makefile("rw", encoding="utf-8") as lines:
        for line in lines:
            lines.write(json.dumps(call(json.loads(line)), default=plain) + "\n")
            lines.flush()
