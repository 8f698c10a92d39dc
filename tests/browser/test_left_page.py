"""A page that has been left has no say in the one that follows it."""

from playwright.sync_api import Browser, WebSocketRoute, expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from harness.server import Server
from tests.browser.streamlit_visit import READY_LIMIT


class SlowWay:
    """The way between browser and server. Once `closed`, what is sent is kept until a part of the page has spoken.

    What it said arrives again and again while the server draws the page that was asked for before.
    """

    def __init__(self, route: WebSocketRoute) -> None:
        self.closed = False
        self._kept: list[bytes] = []
        self._late: bytes | None = None
        self._route, self._server = route, route.connect_to_server()
        route.on_message(self._sent)
        self._server.on_message(self._told)

    def _sent(self, content: str | bytes) -> None:
        assert isinstance(content, bytes)
        self._kept.append(content)
        if self.closed:
            if not BackMsg.FromString(content).rerun_script.fragment_id:
                return
            self.closed, self._late = False, content
        for each in self._kept:
            self._server.send(each)
        self._kept.clear()

    def _told(self, content: str | bytes) -> None:
        assert isinstance(content, bytes)
        told = ForwardMsg.FromString(content)
        if told.HasField("script_finished") and told.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
            self._late = None
        elif told.HasField("delta") and self._late is not None:
            self._server.send(self._late)
        self._route.send(content)


def test_what_interpolate_tells_on_leaving_does_not_undo_the_next_page(app_server: Server, chromium: Browser) -> None:
    context = chromium.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    ways: list[SlowWay] = []
    page.route_web_socket("**/_stcore/stream", lambda route: ways.append(SlowWay(route)))
    page.goto(f"{app_server.url}/interpolate", timeout=READY_LIMIT)
    page.locator(".js-plotly-plot").first.wait_for(timeout=READY_LIMIT)
    ways[-1].closed = True
    page.get_by_role("link", name="Train", exact=True).click()
    page.get_by_role("button", name="Line", exact=True).click()
    expect(page.get_by_role("button", name="Start training")).to_be_visible(timeout=READY_LIMIT)
    page.get_by_role("link", name="Interpolate", exact=True).click()
    page.locator(".js-plotly-plot").first.wait_for(timeout=READY_LIMIT)
    context.close()
