"""Makes test servers: loads moto and boto3 once, and forks a warm copy for every request.

Reads commands on stdin (`moto`, `ministack`, `helper`, `stop PID`, `open`, `close`) and answers each with a line of
JSON. Between `open` and `close` this process serves moto itself: what is seeded then is in every later copy.
Ends at the end of stdin, and everything that it started ends with it. Its argument is the folder for logs.
"""

import ctypes
import gc
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request

os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"

import werkzeug.serving
import werkzeug.test
from moto.server import DomainDispatcherApplication, create_backend_app

import helper
import mends

LOGS = sys.argv[1]
# Process → its log.
CHILDREN = {}
mends.mend()
APP = DomainDispatcherApplication(create_backend_app)
# One cheap call a service, so that a fork finds it loaded.
WARM = [
    ("iam", "POST", "/", "Action=ListUsers&Version=2010-05-08", None),
    ("sts", "POST", "/", "Action=GetCallerIdentity&Version=2011-06-15", None),
    ("cloudtrail", "POST", "/", "{}", "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.DescribeTrails"),
    ("secretsmanager", "POST", "/", "{}", "secretsmanager.ListSecrets"),
    ("guardduty", "GET", "/detector", None, None),
    ("s3", "GET", "/", None, None),
    ("s3", "GET", "/v20180820/configuration/publicAccessBlock", None, None),
]
PR_SET_PDEATHSIG = 1


def die_with_parent():
    """Linux ends this process with its parent, even a killed one."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def warm_up():
    client = werkzeug.test.Client(APP)
    for service, method, path, body, target in WARM:
        scope = f"Credential=AKIAWARM/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
        headers = {"Authorization": f"AWS4-HMAC-SHA256 {scope}", "Host": "127.0.0.1", "x-amz-account-id": "123456789012"}
        kind = "application/x-www-form-urlencoded"
        if target:
            headers["X-Amz-Target"] = target
            kind = "application/x-amz-json-1.1"
        client.open(path, method=method, data=body, headers=headers, content_type=kind)
    helper.warm_up()
    gc.collect()
    gc.freeze()


def log_to(name):
    path = os.path.join(LOGS, f"{name}-{os.getpid()}.log")
    log = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)


def forked(name, serve):
    """Runs `serve(tell)` in a copy of this process; it tells its port once it listens."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            die_with_parent()
            os.close(read)
            log_to(name)
            serve(lambda port: (os.write(write, str(port).encode()), os.close(write)))
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            os._exit(0)
    os.close(write)
    port = os.read(read, 9)
    os.close(read)
    return answer(name, pid, int(port or 0))


def answer(name, pid, port):
    CHILDREN[pid] = os.path.join(LOGS, f"{name}-{pid}.log")
    return {"port": port, "pid": pid, "log": CHILDREN[pid]}


def moto(tell):
    server = werkzeug.serving.make_server("127.0.0.1", 0, APP, threaded=True)
    tell(server.server_port)
    server.serve_forever()


def ministack():
    """A process of its own: it reads its settings while it is imported."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    settings = {
        "BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "AUTH": "true", "CLOUDTRAIL_RECORDING": "1",
        "SFTP_ENABLED": "0", "IOT_MTLS_ENABLED": "0",
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
    }  # fmt: skip
    program = os.path.join(os.path.dirname(sys.executable), "ministack")
    child = subprocess.Popen(
        [program], env={**os.environ, **settings}, preexec_fn=lambda: (die_with_parent(), log_to("ministack"))
    )
    for _ in range(500):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/_ministack/health", timeout=5).read()
            return answer("ministack", child.pid, port)
        except OSError:
            if child.poll() is not None:
                break
            time.sleep(0.02)
    return answer("ministack", child.pid, 0)


def open_template():
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = werkzeug.serving.make_server("127.0.0.1", 0, APP, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    return server, thread


def close_template(server, thread):
    """No thread may be left: a fork copies its locks, and not the thread that would release them."""
    server.shutdown()
    thread.join()
    server.server_close()
    logging.getLogger("werkzeug").setLevel(logging.INFO)
    gc.collect()
    gc.freeze()
    return {}


def stop(pid):
    CHILDREN.pop(pid, None)
    try:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    except (ProcessLookupError, ChildProcessError):
        pass
    return {}


def remove_old_logs():
    for log in os.scandir(LOGS):
        if log.stat().st_mtime < time.time() - 86400:
            os.remove(log.path)


def main():
    remove_old_logs()
    warm_up()
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        match line.split():
            case ["moto"]:
                made = forked("moto", moto)
            case ["helper"]:
                made = forked("helper", helper.serve)
            case ["ministack"]:
                made = ministack()
            case ["open"]:
                template = open_template()
                made = {"port": template[0].server_port}
            case ["close"]:
                made = close_template(*template)
            case ["stop", pid]:
                made = stop(int(pid))
        print(json.dumps(made), flush=True)
    for pid, log in list(CHILDREN.items()):
        stop(pid)
        if os.path.exists(log) and not os.path.getsize(log):
            os.remove(log)


main()
