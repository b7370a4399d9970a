"""Signals that announce the end of a program, a machine or a terminal."""

import signal
import sys
from collections.abc import Mapping
from types import FrameType
from typing import Any, NoReturn

from electra_tf import console

ORDERS = (signal.SIGTERM, signal.SIGINT)
"""Requests to end, from a scheduler or from Ctrl-C."""
ANNOUNCEMENTS = (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
"""Warnings of the end: a terminal was closed, or a batch system was asked to send one
before the time limit (`sbatch --signal=USR1@120`). They often come twice, from the
shell and from the kernel."""


def heeded() -> tuple[signal.Signals, ...]:
    """Signals at which a program should end in order.

    An announcement that was ignored when the program started stays ignored: this is how
    `nohup` keeps a program alive.
    """
    announced = (
        number
        for number in ANNOUNCEMENTS
        if signal.getsignal(number) is not signal.SIG_IGN
    )
    return (*ORDERS, *announced)


def exit_in_order() -> dict[signal.Signals, Any]:
    """Makes signals raise SystemExit, so that the program cleans up.

    Returns:
        The previous handlers, for `restore`.
    """

    def leave(number: int, frame: FrameType | None) -> NoReturn:
        del frame
        for announcement in ANNOUNCEMENTS:  # A second one must not stop the clean-up.
            signal.signal(announcement, signal.SIG_IGN)
        console.silence_if_unread()
        sys.exit(128 + number)

    return {
        number: signal.signal(number, leave)
        for number in heeded()
        if number is not signal.SIGINT  # Python raises KeyboardInterrupt itself.
    }


def restore(handlers: Mapping[signal.Signals, Any]) -> None:
    """Restores the handlers of signals."""
    for number, handler in handlers.items():
        signal.signal(number, handler)
