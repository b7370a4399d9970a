"""Turns errors that a user can fix into one line: what is wrong, and how to fix it.

Nothing here imports TensorFlow, so that a wrong flag is reported at once.
"""

import errno
import os
import sys
import traceback

_PLACE = "give another path"
_ROOM = "make room there (df -h), or give another place, and run the same command again"
_CURES = {
    errno.ENOENT: "see to its path",
    errno.EACCES: "see to its permissions (ls -l), or give another path",
    errno.EPERM: "see to its permissions (ls -l), or give another path",
    errno.EROFS: "the disk is read-only: give a place that can be written to",
    errno.ENOTDIR: _PLACE,
    errno.EISDIR: "give a file",
    errno.EEXIST: _PLACE,
    errno.ENOTEMPTY: _PLACE,
    errno.ENAMETOOLONG: "give a shorter path",
    errno.ELOOP: "links lead in a circle: give another path",
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: _ROOM,
    errno.EFBIG: "the limit of file sizes is too low there (ulimit -f): raise it",
    errno.EIO: "the disk or the network behind it fails: copy the file elsewhere",
    errno.ESTALE: "the network's file system lost it: run the same command again",
    errno.EMFILE: "too many files are open: raise the limit (ulimit -n)",
    errno.ENOMEM: "stop other programs, or take a machine with more memory",
    errno.EADDRINUSE: "another program has that address: give another --port",
}
_SEE_TO_IT = (
    "see to that file and its disk, and run the same command again (--verbosity=1 "
    "shows where it failed)"
)
_CURES_BY_CLASS = {
    "NotFoundError": _CURES[errno.ENOENT],
    "AlreadyExistsError": _PLACE,
    "PermissionDeniedError": "see to its permissions, or to your credentials",
    "UnauthenticatedError": "see to your credentials",
    "FailedPreconditionError": _SEE_TO_IT,
    "ResourceExhaustedError": (
        "memory is full: lower the batch size or the length of the examples"
    ),
    "DataLossError": "the file is damaged: copy it again",
    "OpError": "the file is damaged: copy it again",
    "UnimplementedError": "give a local path, or one that TensorFlow knows (gs://)",
    "UnavailableError": "run the same command again when it can be reached",
    "DeadlineExceededError": "run the same command again when it can be reached",
    "AbortedError": "run the same command again",
    "CancelledError": "run the same command again",
    "OutOfRangeError": "the file ends too early: copy it again",
    "UnknownError": _SEE_TO_IT,
}
"""Cures of TensorFlow errors whose text names no error of the operating system."""


def explain(error: BaseException) -> str | None:
    """What is wrong and how to fix it; None for a bug of this program.

    ValueError and FloatingPointError (a training that diverged) contain the cure.
    Errors of the operating system and of TensorFlow's file systems and devices name the
    file; the cure is added here.
    """
    if isinstance(error, (ValueError, FloatingPointError)):
        return str(error)
    if isinstance(error, MemoryError):
        return f"Memory is full{_after_colon(error)}: {_CURES[errno.ENOMEM]}."
    if isinstance(error, OSError):
        return _of_system(error)
    if _is_of_tensorflow(error):
        return _of_tensorflow(error)
    return None


def _of_system(error: OSError) -> str:
    if error.errno is None:
        return f"{error}: {_SEE_TO_IT}."
    files = [str(name) for name in (error.filename, error.filename2) if name]
    where = f"{' and '.join(files)}: " if files else ""
    return f"{where}{error.strerror}: {_CURES.get(error.errno, _SEE_TO_IT)}."


def _is_of_tensorflow(error: BaseException) -> bool:
    # If TensorFlow was not imported, the error is not one of its own.
    tensorflow = sys.modules.get("tensorflow")
    return tensorflow is not None and isinstance(error, tensorflow.errors.OpError)


def _of_tensorflow(error: BaseException) -> str | None:
    from electra_tf import files

    text = files.reason(error).strip()  # type: ignore[arg-type]
    for number, cure in _CURES.items():
        if os.strerror(number).lower() in text.lower():
            return f"{text.replace('; ', ': ')}: {cure}."
    cure = _CURES_BY_CLASS.get(type(error).__name__, "")
    if not cure and _is_of_files(error):
        cure = _PLACE
    return f"{text}: {cure}." if cure else None


def _is_of_files(error: BaseException) -> bool:
    """Whether TensorFlow's file functions raised the error, not a graph."""
    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and "/tensorflow/python/lib/io/" in frames[-1].filename


def _after_colon(error: BaseException) -> str:
    return f" ({error})" if str(error) else ""
