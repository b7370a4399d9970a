"""Middleware that lets only the page's own requests reach Gradio.

Gradio's server has dozens of endpoints: uploads, files, proxies, a queue that keeps
what nobody fetches. The page needs few of them. The guard passes requests to those
few, and only the fields that the page sends.
"""

import dataclasses
import ipaddress
import json
import re
from collections.abc import Collection, Mapping
from typing import Any

import anyio
import pydantic
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 64_000
"""Limit of a body; 5,000 characters, written as two escapes each, take 60,000."""
MAX_BODY_SECONDS = 10.0
"""Time within which a body must arrive."""
MAX_REQUESTS = 300
"""Limit of concurrent requests; each open page holds one, its heartbeat."""

_READABLE = re.compile(
    r"/(config|theme\.css|favicon\.ico|manifest\.json|robots\.txt|pwa_icon(/\d+)?"
    r"|(static|assets|svelte)/[\w./-]+"
    r"|gradio_api/(info|startup-events|heartbeat/[\w-]{1,64}))?"
)
_CALLABLE = re.compile(r"/gradio_api/(run|api)/(judge|predict)/?")
_HOST = re.compile(r"(\[[\da-f:.]+\]|[^:\[\]@/\s]+)(:\d+)?", re.IGNORECASE)


@dataclasses.dataclass
class _Call:
    """Body of the request for a text, or after a click on an example."""

    data: list[Any]
    fn_index: int = 0
    trigger_id: int | None = None


_CALL = pydantic.TypeAdapter(_Call)


class Refusal(Exception):
    """A refused request.

    Args:
        status: HTTP status code.
        why: reason, for the person who sent it.
    """

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class Guard:
    """ASGI middleware that refuses what the page does not need.

    Args:
        app: Gradio's application.
        names: allowed host names; addresses and "localhost" are always allowed. Other
            names are refused because a foreign page could reach this one through a
            visitor's browser under a name of its own (DNS rebinding).
        functions: argument types of the functions that may be called, by Gradio's
            numbers; number 0 takes a text.
    """

    def __init__(
        self, app: ASGIApp, names: Collection[str], functions: Mapping[int, Any]
    ) -> None:
        self._app = app
        self._names = {"localhost"} | {
            name.lower().rstrip(".") for name in names if name
        }
        self._arguments = {
            number: pydantic.TypeAdapter(kind) for number, kind in functions.items()
        }
        self._open = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, or answers it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        self._open += 1
        try:
            if scope["type"] != "http":
                raise Refusal(403, "The page needs no such connection.")
            self._check_host(Headers(scope=scope).get("host", ""))
            if self._open > MAX_REQUESTS:
                raise Refusal(503, "Too many visitors: try again in a minute.")
            if scope["method"] == "POST":
                scope, receive = await self._call(scope, receive)
            else:
                scope = _readable(scope)
            await self._app(scope, receive, send)
        except Refusal as refusal:
            answer = {"error": str(refusal), "detail": str(refusal)}
            response = JSONResponse(answer, status_code=refusal.status)
            await response(scope, receive, send)
        except ClientDisconnect:
            return
        finally:
            self._open -= 1

    def _check_host(self, header: str) -> None:
        match = _HOST.fullmatch(header)
        if match is None:
            raise Refusal(400, "The request says no host.")
        host = match[1].strip("[]").lower().rstrip(".")
        try:
            ipaddress.ip_address(host)
        except ValueError:
            if host not in self._names:
                raise Refusal(
                    403,
                    f"This page is not known as {host!r}: start the demo with "
                    "--allowed_hosts, or give the address of its machine.",
                ) from None

    async def _call(self, scope: Scope, receive: Receive) -> tuple[Scope, Receive]:
        """Rebuilds a POST request with only the known fields of its body."""
        if not _CALLABLE.fullmatch(scope["path"]):
            raise Refusal(404, "The page takes texts, and nothing else.")
        try:
            with anyio.fail_after(MAX_BODY_SECONDS):
                content = await Request(scope, receive).body()
        except TimeoutError:
            raise Refusal(408, "The request did not arrive.") from None
        body = json.dumps(self._checked(content)).encode()
        headers = [
            (name, value)
            for name, value in scope["headers"]
            if name not in (b"content-length", b"transfer-encoding", b"content-type")
        ]
        headers += [
            (b"content-length", b"%d" % len(body)),
            (b"content-type", b"application/json"),
        ]
        return {
            **scope,
            "headers": headers,
            "query_string": b"",
        }, _replayed(body, receive)

    def _checked(self, content: bytes) -> dict[str, Any]:
        """The known fields of a body. The session is dropped: the page has no state."""
        try:
            call = _CALL.validate_json(content, strict=True, extra="ignore")
            if call.fn_index not in self._arguments:
                raise Refusal(400, f"The page has no function {call.fn_index}.")
            arguments = self._arguments[call.fn_index]
            arguments.validate_python(tuple(call.data), strict=True)
        except pydantic.ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(map(str, first["loc"])) or "the body"
            raise Refusal(
                400, f"The page can't read the request: {place}: {first['msg']}."
            ) from None
        return dataclasses.asdict(call)


def _readable(scope: Scope) -> Scope:
    """Rebuilds a GET request without its query, which only the page's scripts read."""
    path = scope["path"]
    if scope["method"] not in ("GET", "HEAD", "OPTIONS"):
        raise Refusal(405, "The page takes no such request.")
    if not _READABLE.fullmatch(path) or ".." in path:
        raise Refusal(404, "The page has nothing there.")
    return {**scope, "query_string": b""}


def _replayed(body: bytes, receive: Receive) -> Receive:
    messages: list[Message] = [
        {"type": "http.request", "body": body, "more_body": False}
    ]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay
