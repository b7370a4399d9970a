"""Signals that say that a machine, or its terminal, is about to go away."""

import signal
import sys
from collections.abc import Mapping
from types import FrameType
from typing import Any, NoReturn

from electra_tf import console

ORDERS = (signal.SIGTERM, signal.SIGINT)
"""To end: from a scheduler whose time is up, and from Ctrl-C."""
ANNOUNCEMENTS = (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
"""That the end is near: a terminal was closed, or a batch system sends what it was told
to send before the limit (`sbatch --signal=USR1@120`). Often they come twice, from the
shell and from the kernel."""


def heeded() -> tuple[signal.Signals, ...]:
    """Those that a program should end at in order.

    An announcement that was ignored when the program started stays ignored: that is how
    `nohup` keeps a program alive.
    """
    announced = (
        number
        for number in ANNOUNCEMENTS
        if signal.getsignal(number) is not signal.SIG_IGN
    )
    return (*ORDERS, *announced)


def exit_in_order() -> dict[signal.Signals, Any]:
    """Lets the signals unwind the program, so that it cleans up as Ctrl-C lets it.

    Returns:
        The handlers before, for `restore`.
    """

    def leave(number: int, frame: FrameType | None) -> NoReturn:
        del frame
        for announcement in ANNOUNCEMENTS:  # A second one must not stop the cleaning.
            signal.signal(announcement, signal.SIG_IGN)
        console.silence_if_unread()
        sys.exit(128 + number)

    return {
        number: signal.signal(number, leave)
        for number in heeded()
        if number is not signal.SIGINT  # Python raises KeyboardInterrupt itself.
    }


def restore(handlers: Mapping[signal.Signals, Any]) -> None:
    """Sets the handlers of signals."""
    for number, handler in handlers.items():
        signal.signal(number, handler)
