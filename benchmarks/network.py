"""The first image over a slow network, against an empty app: `python -m benchmarks.network`.

Chromium itself is slowed to 10 Mbit/s and 40 ms a request. Both servers are warm and every visit comes from a fresh
browser context (nothing cached), the two in turn. A visit is timed as by `benchmarks.start`; what the browser has
received is counted as it came, compressed and with its headers, Streamlit's own files and messages included.

    empty_ms              median until the one line of the empty app
    explore_ms            median until Explore's first decoded image
    bytes_to_first_image  median of what had been received by then
    bytes_in_all          median of what had been received once nothing more came
"""

import argparse
import base64
import json
import statistics
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, CDPSession, Page

from benchmarks.paint_timing import ONCE_VISIBLE
from benchmarks.start import EMPTY_APP, VIEWPORT, WATCH_EMPTY, WATCH_EXPLORE
from harness.chromium import launched_chromium
from harness.server import running_server

MODEL = "fashion-16d"
MEGABITS = 10.0  # a second, each way
LATENCY = 40  # ms
AT_REST = 2000  # ms without anything received
TEXT_FRAME = 1  # opcode: RFC 6455, section 5.2


@dataclass
class Traffic:
    """What a page and its workers receive: (when by the browser's own clock, of which file, bytes)."""

    received: list[tuple[float, str, int]] = field(default_factory=list)
    started: float = 0.0  # of the page's own request, by that clock
    _names: dict[str, str] = field(default_factory=dict)

    def hear(self, method: str, event: dict[str, Any]) -> None:
        """An event of the Network domain."""
        if method == "Network.requestWillBeSent":
            self.started = self.started or event["timestamp"]
            self._names[event["requestId"]] = urlsplit(event["request"]["url"]).path.rpartition("/")[2]
        elif method == "Network.responseReceived":
            response = event["response"]
            if not response.get("fromDiskCache"):
                self._add(event, int(response["encodedDataLength"]))
        elif method == "Network.dataReceived":
            self._add(event, int(event["encodedDataLength"]))
        elif method == "Network.webSocketFrameReceived":
            frame = event["response"]
            content = frame["payloadData"]
            self._add(event, len(content.encode() if frame["opcode"] == TEXT_FRAME else base64.b64decode(content)))

    def bytes_until(self, seconds: float) -> int:
        """What had come so many seconds after the page was asked for."""
        return sum(count for when, _, count in self.received if when <= self.started + seconds)

    def bytes_by_name(self) -> Counter[str]:
        """What has come, file by file."""
        files: Counter[str] = Counter()
        for _, name, count in self.received:
            files[name] += count
        return files

    def _add(self, event: dict[str, Any], count: int) -> None:
        if count > 0:  # negative for what never crossed the network, such as a blob
            self.received.append((event["timestamp"], self._names.get(event["requestId"], "messages"), count))


def slowed(page: Page) -> Traffic:
    """Slows a page and the workers that it will start, and counts what they receive."""
    session = page.context.new_cdp_session(page)
    traffic = Traffic()
    for method in ("requestWillBeSent", "responseReceived", "dataReceived", "webSocketFrameReceived"):
        name = f"Network.{method}"
        session.on(name, lambda event, name=name: traffic.hear(name, event))
    _slow(lambda method, parameters: session.send(method, parameters))
    _slow_workers(session, traffic)
    return traffic


def _slow(send: Callable[[str, dict[str, Any]], object]) -> None:
    throughput = MEGABITS * 1e6 / 8  # bytes a second
    send("Network.enable", {})
    send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": LATENCY, "downloadThroughput": throughput, "uploadThroughput": throughput},
    )


def _slow_workers(session: CDPSession, traffic: Traffic) -> None:
    """A worker is a target of its own: its network is slowed as soon as it is there."""

    def attached(event: dict[str, Any]) -> None:
        number = iter(range(1, 100))

        def send(method: str, parameters: dict[str, Any]) -> None:
            message = json.dumps({"id": next(number), "method": method, "params": parameters})
            session.send("Target.sendMessageToTarget", {"sessionId": event["sessionId"], "message": message})

        _slow(send)

    def told(event: dict[str, Any]) -> None:
        message = json.loads(event["message"])
        if "method" in message:
            traffic.hear(message["method"], message["params"])

    session.on("Target.attachedToTarget", attached)
    session.on("Target.receivedMessageFromTarget", told)
    session.send("Target.setAutoAttach", {"autoAttach": True, "waitForDebuggerOnStart": False, "flatten": False})


def visit(browser: Browser, url: str, watch: str) -> tuple[float, Traffic]:
    """Milliseconds to `window.painted`, which `watch` sets, in a fresh slow context, and all that came till the end."""
    width, height = VIEWPORT
    context = browser.new_context(viewport={"width": width, "height": height})
    try:
        page = context.new_page()
        traffic = slowed(page)
        page.add_init_script(ONCE_VISIBLE + watch)
        page.goto(url, wait_until="commit")
        painted = float(page.wait_for_function("window.painted", timeout=120_000).json_value())
        before = -1
        while len(traffic.received) > before:
            before = len(traffic.received)
            page.wait_for_timeout(AT_REST)
        return painted, traffic
    finally:
        context.close()


def measure(rounds: int, *, files: bool = False) -> dict[str, object]:
    """Medians over `rounds` pairs of visits; `files` says what Explore received, file by file."""
    explore: list[tuple[float, Traffic]] = []
    empty: list[tuple[float, Traffic]] = []
    with running_server() as ours, running_server(EMPTY_APP) as rival, launched_chromium() as browser:
        visits = [(f"{ours.url}/?model={MODEL}", WATCH_EXPLORE, explore), (rival.url, WATCH_EMPTY, empty)]
        for url, watch, _ in visits:
            visit(browser, url, watch)  # warms the server
        for number in range(rounds):
            for url, watch, measured in visits if number % 2 else reversed(visits):
                measured.append(visit(browser, url, watch))
            print(f"round {number + 1}: explore {explore[-1][0]:.0f} ms, empty {empty[-1][0]:.0f} ms", file=sys.stderr)
    explore_ms, empty_ms = (statistics.median(ms for ms, _ in visits) for visits in (explore, empty))
    if files:
        for name, count in explore[-1][1].bytes_by_name().most_common():
            print(f"{count:>10,} {name}", file=sys.stderr)
    return {
        "empty_ms": round(empty_ms, 1),
        "explore_ms": round(explore_ms, 1),
        "explore_ratio": round(explore_ms / empty_ms, 3),
        "bytes_to_first_image": round(statistics.median(traffic.bytes_until(ms / 1000) for ms, traffic in explore)),
        "bytes_in_all": round(statistics.median(sum(traffic.bytes_by_name().values()) for _, traffic in explore)),
        "empty_bytes": round(statistics.median(traffic.bytes_until(ms / 1000) for ms, traffic in empty)),
        "rounds": rounds,
    }


def main() -> None:
    """Measures and prints the figures as JSON."""
    parser = argparse.ArgumentParser(description="The first decoded image at 10 Mbit/s against an empty Streamlit app.")
    parser.add_argument("--rounds", type=int, default=5, help="pairs of visits (default: 5)")
    parser.add_argument("--files", action="store_true", help="say what Explore received, file by file")
    arguments = parser.parse_args()
    print(json.dumps(measure(arguments.rounds, files=arguments.files)))


if __name__ == "__main__":
    main()
