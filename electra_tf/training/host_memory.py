"""Settings of the host's memory allocator, for steps that run on the CPU."""

import ctypes
import platform

from absl import logging

# From malloc.h.
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX, _M_ARENA_MAX = -1, -2, -4, -8


def keep_freed_pages() -> None:
    """Makes glibc's allocator keep memory that a step frees for the next step.

    By default it returns blocks of megabytes to the kernel, which clears their pages
    when they are allocated again: that was a fifth of a training step on two cores.
    Call it before the devices are used; without glibc it does nothing.
    """
    if platform.libc_ver()[0] != "glibc":
        return
    library = ctypes.CDLL(None)
    settings = {
        _M_MMAP_MAX: 0,
        _M_TRIM_THRESHOLD: 2**31 - 1,
        _M_TOP_PAD: 64 << 20,
        # Heaps of other arenas, 64 MB each, are returned whatever the settings.
        _M_ARENA_MAX: 1,
    }
    if not all([library.mallopt(*setting) for setting in settings.items()]):
        logging.warning("glibc refused a setting of mallopt: steps will be slower.")
