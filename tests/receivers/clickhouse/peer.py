"""ClickHouse's HTTP interface as far as the hook uses it, around chdb, which is ClickHouse's engine in a Python package.

A peer for tests: peer.py FOLDER PORT. POST /?query=… runs the query with the body behind it.
"""

import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from chdb.session import Session

session = Session(sys.argv[1])
one_at_a_time = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        query = parse_qs(urlsplit(self.path).query)["query"][0]
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        try:
            with one_at_a_time:
                self.answer(200, str(session.query(f"{query}\n{body}", "JSONEachRow")))
        except Exception as failure:
            self.answer(400, str(failure))

    def answer(self, status, text):
        self.send_response(status)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Handler).serve_forever()
