"""How the demo's page is served: Gradio's server, and a guard before it."""

import os
import socket
from collections.abc import Collection
from typing import Annotated, Any, NamedTuple

import gradio as gr
import pydantic
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware

from electra_tf.page import guard


class Page(NamedTuple):
    """What Gradio is to serve, and what stands before it."""

    blocks: gr.Blocks
    examples: int
    """How many there are to click."""

    def launch(
        self,
        allowed_hosts: Collection[str] = (),
        server_name: str | None = None,
        **options: Any,
    ) -> None:
        """Serves the page behind its guard, until it is stopped.

        Args:
            allowed_hosts: names by which it may be called, such as a proxy's, beside
                addresses and the names of this machine.
            server_name: address to listen at; by default GRADIO_SERVER_NAME, or else
                this machine alone.
            options: more of Gradio's `launch`.

        Raises:
            OSError: the address is taken.
        """
        heard_as = server_name or os.environ.get("GRADIO_SERVER_NAME", "")
        # A Hugging Face Space is told its name.
        names = {*allowed_hosts, heard_as, os.environ.get("SPACE_HOST", "")}
        if heard_as in ("0.0.0.0", "::"):
            names.add(socket.gethostname())
        guards = [
            Middleware(RequestBodyLimitMiddleware, max_body_size=guard.MAX_BODY_BYTES),
            Middleware(guard.Guard, names=names, functions=self._functions()),
        ]
        self.blocks.launch(
            server_name=server_name,
            app_kwargs={"middleware": guards},
            # Nothing that the guard would have to refuse, or that stands before it.
            max_file_size=1,
            state_session_capacity=16,
            run_history=False,
            enable_monitoring=False,
            footer_links=[],
            mcp_server=False,
            ssr_mode=False,
            num_workers=0,
            **options,
        )

    def _functions(self) -> dict[int, Any]:
        """Types of the functions' arguments: a text, or the place of an example."""
        place = Annotated[int, pydantic.Field(ge=0, lt=self.examples)]
        kinds: dict[bool, Any] = {True: tuple[place], False: tuple[str]}
        return {
            number: kinds[function.name == "load_example"]
            for number, function in self.blocks.fns.items()
        }
