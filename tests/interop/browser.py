# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium, told what to do over its debugging pipe (NUL-terminated JSON on descriptors 3 and 4)."""

import base64
import json
import os
import select
import signal
import subprocess
import time

SECONDS = 30


class Browser:
    def __init__(self, program, directory):
        commands, self.commands = os.pipe()
        self.events, events = os.pipe()
        script = f'exec "$0" "$@" 3<&{commands} 4>&{events}'
        self.process = subprocess.Popen(
            ["/bin/bash", "-c", script, program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--no-first-run", "--disable-background-networking", "--remote-debugging-pipe", "--window-size=1280,900",
             f"--user-data-dir={directory}/profile", "about:blank"], pass_fds=(commands, events), start_new_session=True,
            env=dict(os.environ, HOME=str(directory)), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=open(directory / "chromium.log", "wb"))
        os.close(commands)
        os.close(events)
        self.input, self.number, self.session = b"", 0, None
        target = next(t for t in self.call("Target.getTargets")["targetInfos"] if t["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
        self.call("Page.enable")

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + SECONDS
        while True:
            while b"\0" in self.input:
                line, self.input = self.input.split(b"\0", 1)
                answer = json.loads(line)
                if answer.get("method") == "Page.javascriptDialogOpening":
                    self.number += 1
                    accept = {"id": self.number, "sessionId": self.session, "method": "Page.handleJavaScriptDialog",
                              "params": {"accept": True}}
                    os.write(self.commands, json.dumps(accept).encode() + b"\0")
                if answer.get("id") == message["id"]:
                    if "error" in answer:
                        raise RuntimeError(f"{method}: {answer['error']}")
                    return answer["result"]
            if not select.select([self.events], [], [], max(0, deadline - time.monotonic()))[0]:
                raise RuntimeError(f"the browser did not answer {method}")
            self.input += os.read(self.events, 1 << 20)

    def evaluate(self, expression):
        """The value of a JavaScript expression in the page; a promise is waited for."""
        done = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in done:
            raise RuntimeError(f"{expression}: {done['exceptionDetails'].get('exception', {}).get('description')}")
        return done["result"].get("value")

    def wait_for(self, expression):
        """Until the expression is true; while a page loads it may throw."""
        deadline = time.monotonic() + SECONDS
        pause = select.poll()
        while True:
            try:
                if self.evaluate(f"!!({expression})"):
                    return
            except RuntimeError:
                pass
            assert time.monotonic() < deadline, f"this did not become true: {expression}"
            pause.poll(20)

    def open(self, url):
        self.call("Page.navigate", url=url)

    def screenshot(self, path):
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.commands)
        os.close(self.events)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
