# SPDX-License-Identifier: LGPL-2.1-or-later
"""Requests of S3 to an object gateway: gateway.py PORT ACCESS SECRET each|burst N.

`each` makes a bucket, then N times puts, gets and removes an object, one request after the other. `burst` has N requests under
way at a time. Prints how many were sent, and how many answers of each status came: `sent 7`, `status 200 7`."""
import base64
import collections
import email.utils
import hashlib
import hmac
import http.client
import socket
import sys

PORT, ACCESS, SECRET, MODE, COUNT = int(sys.argv[1]), sys.argv[2], sys.argv[3].encode(), sys.argv[4], int(sys.argv[5])
BODY = b"x" * 4096


def headers(method, path):
    """Signed as the second version of AWS's signature says: of the method, the date and the path."""
    date = email.utils.formatdate(usegmt=True)
    text = f"{method}\n\n\n{date}\n{path}"
    signature = base64.b64encode(hmac.new(SECRET, text.encode(), hashlib.sha1).digest()).decode()
    return {"Date": date, "Authorization": f"AWS {ACCESS}:{signature}"}


def ask(connection, method, path, body=b""):
    connection.request(method, path, body, headers(method, path))
    answer = connection.getresponse()
    answer.read()
    return answer.status


def each(count):
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
    statuses = [ask(connection, "PUT", "/bucket")]
    for i in range(count):
        path = f"/bucket/object{i}"
        statuses += [ask(connection, "PUT", path, BODY), ask(connection, "GET", path), ask(connection, "DELETE", path)]
    return statuses


def start(i):
    method, path, body = "PUT" if i % 2 else "GET", f"/bucket/burst{i // 2 % 50}", BODY if i % 2 else b""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers(method, path).items()]
    sock = socket.create_connection(("127.0.0.1", PORT), timeout=120)
    sock.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
    return sock


def status_of(sock):
    with sock, sock.makefile("rb") as answer:
        status = int(answer.readline().split()[1])
        answer.read()
    return status


def burst(count):
    socks = [start(i) for i in range(count)]
    return [status_of(sock) for sock in socks]


found = each(COUNT) if MODE == "each" else burst(COUNT)
print("sent", len(found))
for name, number in sorted(collections.Counter(found).items()):
    print("status", name, number)
