"""Serves the page with Gradio, behind a guard."""

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
    """Gradio's blocks, served behind the guard."""

    blocks: gr.Blocks
    examples: int
    """Number of example sentences to click."""

    def launch(
        self,
        allowed_hosts: Collection[str] = (),
        server_name: str | None = None,
        **options: Any,
    ) -> None:
        """Serves the page until the process is stopped.

        Args:
            allowed_hosts: host names of the page, such as a proxy's; addresses and
                the names of this machine are always allowed.
            server_name: address to listen at; by default $GRADIO_SERVER_NAME, or else
                the loopback address.
            options: further arguments of Gradio's `launch`.

        Raises:
            OSError: the address is taken.
        """
        listens_at = server_name or os.environ.get("GRADIO_SERVER_NAME", "")
        # Hugging Face sets SPACE_HOST in a Space.
        names = {*allowed_hosts, listens_at, os.environ.get("SPACE_HOST", "")}
        if listens_at in ("0.0.0.0", "::"):
            names.add(socket.gethostname())
        guards = [
            Middleware(RequestBodyLimitMiddleware, max_body_size=guard.MAX_BODY_BYTES),
            Middleware(guard.Guard, names=names, functions=self._functions()),
        ]
        self.blocks.launch(
            server_name=server_name,
            app_kwargs={"middleware": guards},
            # Off: whatever the guard would refuse, or that would bypass it.
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
        """Argument types of the functions: a text, or the index of an example."""
        index = Annotated[int, pydantic.Field(ge=0, lt=self.examples)]
        kinds: dict[bool, Any] = {True: tuple[index], False: tuple[str]}
        return {
            number: kinds[function.name == "load_example"]
            for number, function in self.blocks.fns.items()
        }
