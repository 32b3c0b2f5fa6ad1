"""Runs a release binary once: its version, and one event to a receiver on this machine. smoke.py BINARY

For systems that the test suites have not passed on yet. It needs Python only, and fails within 20 s.
"""

import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading

binary = os.path.abspath(sys.argv[1])
bodies = []


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


version = subprocess.run([binary, "--version"], stdout=subprocess.PIPE, timeout=10, check=True).stdout.decode()
assert version.startswith("docglow-telemetry "), version

server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=server.serve_forever, daemon=True).start()
with tempfile.TemporaryDirectory() as home:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DOCGLOW_")}
    environment.update(HOME=home, XDG_CONFIG_HOME=home, APPDATA=home, DOCGLOW_TELEMETRY="1", DOCGLOW_TELEMETRY_WAIT="1")
    environment["DOCGLOW_TELEMETRY_ENDPOINT"] = f"http://127.0.0.1:{server.server_port}/"
    event = {"command": "generate", "result": "success", "duration_ms": 1446}
    subprocess.run([binary], input=json.dumps(event).encode(), env=environment, timeout=10, check=True)
assert len(bodies) == 1, f"{len(bodies)} events arrived"
assert bodies[0]["duration_ms"] == 1446, bodies
print(version.strip(), "delivered", json.dumps(bodies[0]))
