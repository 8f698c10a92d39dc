"""Who gets in: a request that calls this server by a name it knows and was not sent by another site's page.

A page of another site reaches a server on this machine by letting its own name point here (DNS rebinding). The browser
then takes both for one site, but the request still bears the foreign name.
"""

import ipaddress
import logging
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vae_core.errors import ConfigError

HOSTS_VARIABLE = "LATENT_EXPLORER_HOSTS"
OWN_NAMES = ("localhost", "127.0.0.1", "[::1]")
ANY_ADDRESS = ("", "0.0.0.0", "::")

MOST_NOTED = 20

_log = logging.getLogger(__name__)
_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\]")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_READING = ("GET", "HEAD", "OPTIONS")
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Connection": "close"}


def allowed_hosts(named: str, *addresses: str | None) -> list[str]:
    """The patterns of host names that may be used, as starlette's TrustedHostMiddleware takes them.

    `named` is the value of LATENT_EXPLORER_HOSTS: names separated by commas, of which `.example.org` stands for that
    name and all that end so, and `*` for every name. `addresses` are what the server was told to listen on or be known
    as.

    Raises:
        ConfigError: a name is none.
    """
    patterns = list(OWN_NAMES)
    for name in [*named.split(","), *(address for address in addresses if address not in ANY_ADDRESS)]:
        if name is not None and name.strip():
            patterns += _patterns(name.strip().lower())
    return list(dict.fromkeys(patterns))


def _patterns(name: str) -> list[str]:
    if name == "*":
        return ["*"]
    below = name.startswith((".", "*."))
    bare = name.removeprefix("*").removeprefix(".")
    try:
        bare = f"[{ipaddress.IPv6Address(bare)}]"
    except ValueError:
        bare = re.sub(r":\d+$", "", bare.rpartition("//")[2].rstrip("/"))
    if not _NAME.fullmatch(bare):
        raise ConfigError(
            f"{HOSTS_VARIABLE}: {name!r} is not the name of a host. Give names separated by commas, as in "
            f"{HOSTS_VARIABLE}=gpu-box,.example.org, or * for every name."
        )
    return [bare, f"*.{bare}"] if below else [bare]


class Gate:
    """ASGI middleware before everything else: HTTP and WebSocket alike.

    The Host has to be one of `hosts` (see `allowed_hosts`), whatever the port, or the very address that the connection
    came to, since no name leads there in between. Whoever may change something, a WebSocket among them, has to be of
    the same origin, or of one of the hosts that were named on top of this machine's own; clients without an Origin
    are no browsers and are let in.
    """

    def __init__(self, app: ASGIApp, hosts: Sequence[str]) -> None:
        self.app = app
        self.named = [host for host in hosts if host not in OWN_NAMES and host != "*"]
        self.noted: set[str] = set()
        self.trusted = TrustedHostMiddleware(self._known, allowed_hosts=hosts, www_redirect=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
        elif _calls_address(scope):
            await self._known(scope, receive, send)
        else:
            await self.trusted(scope, receive, _Explained(scope, receive, send))

    async def _known(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The server was called by a name of its own; by whom?"""
        if isinstance(send, _Explained):
            send = send.send
        headers = Headers(scope=scope)
        origin, host = headers.get("Origin"), headers.get("Host", "")
        if origin is None or (scope["type"] == "http" and scope["method"] in _READING):
            await self.app(scope, receive, send)
        elif _same_origin(origin, host) or self._is_named(origin):
            await self.app(_called(scope, urlsplit(origin).netloc), receive, send)
        else:
            self._note(_place(origin)[0])
            await _refusal(
                403,
                "A page of another site may not use this server. If it is no other site, but a proxy before "
                f"this server, start the server with {HOSTS_VARIABLE} naming the host that browsers open.",
            )(scope, receive, send)

    def _note(self, host: str) -> None:
        """Nobody sees the answer to a socket: the log has to say why a page stays empty, once for each name."""
        if _NAME.fullmatch(host) and host not in self.noted and len(self.noted) < MOST_NOTED:
            self.noted.add(host)
            _log.warning("A page of %s was refused. If it is yours, start with %s=%s.", host, HOSTS_VARIABLE, host)

    def _is_named(self, origin: str) -> bool:
        host = _place(origin)[0]
        return any(host == name or (name.startswith("*.") and host.endswith(name[1:])) for name in self.named)


class _Explained:
    """Says what can be done in place of TrustedHostMiddleware's own refusal."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope, self.receive, self.send = scope, receive, send

    async def __call__(self, message: Message) -> None:
        if not message["type"].endswith("response.start"):
            return
        called = re.sub(r":\d+$", "", Headers(scope=self.scope).get("Host", "").lower())
        name = called if _NAME.fullmatch(called) and len(called) < 254 else "name"
        refusal = _refusal(
            400,
            f"This server does not go by the name of {name!r}. If it should, start it with {HOSTS_VARIABLE}={name} "
            "(several names are separated by commas; .example.org stands for all that end so, * for every name).",
        )
        await refusal(self.scope, self.receive, self.send)


def _refusal(status: int, words: str) -> Response:
    return PlainTextResponse(words + "\n", status, _HEADERS)


def _calls_address(scope: Scope) -> bool:
    """Whether the Host is the IP address at which the connection arrived."""
    called, server = _place("//" + Headers(scope=scope).get("Host", ""))[0], scope.get("server")
    try:
        return server is not None and _address(called) == _address(server[0])
    except ValueError:
        return False


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    address = ipaddress.ip_address(text.strip("[]"))
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _same_origin(origin: str, host: str) -> bool:
    scheme = origin.partition(":")[0]
    return scheme in _DEFAULT_PORTS and _place(origin) == _place(f"{scheme}://{host}")


def _place(url: str) -> tuple[str, int | None]:
    """Host, an IPv6 address in brackets, and port of a URL; the host is empty where there is none."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return "", None
    return f"[{host}]" if ":" in host else host, port


def _called(scope: Scope, host: str) -> Scope:
    """The same request with the Host that the browser asked; Streamlit compares it with the Origin by letters."""
    headers = [(name, value) for name, value in scope["headers"] if name.lower() != b"host"]
    return {**scope, "headers": [*headers, (b"host", host.encode("latin-1"))]}
