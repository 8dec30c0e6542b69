"""Stands in for the web process: answers GET /readyz, and leads a group of two."""

import http.server
import os
import subprocess
import sys

from config.settings import EXIT_CONFIGURATION, read_settings

settings = read_settings(os.environ)
if os.environ.get("STAND_IN_REFUSES"):
    print("STAND_IN_REFUSES: not accepted")
    sys.exit(EXIT_CONFIGURATION)


class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        pass


descendant = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
print(f"web {os.getpid()} has {descendant.pid}")
http.server.ThreadingHTTPServer((settings.host, settings.port), Ready).serve_forever()
