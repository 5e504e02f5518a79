"""The network as the sandbox uses it."""

import httpx


class Network(httpx.AsyncHTTPTransport):
    """httpx's own transport, whose one fault that it does not tell as an `httpx.HTTPError` is told as one.

    anyio 4 asks a socket that was closed in the moment of connecting for its peer, and stumbles over None.
    """

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """As the base class does; raises `httpx.HTTPError` when there is no answer."""
        try:
            return await super().handle_async_request(request)
        except AttributeError as error:
            raise httpx.ConnectError("closed in the moment of connecting", request=request) from error
