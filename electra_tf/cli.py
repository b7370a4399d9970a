"""How the entry points start, and how they end where the user can help."""

import contextlib
import dataclasses
import difflib
import logging as standard_logging
import re
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn, TypeVar

from absl import app, flags, logging

from electra_tf import config as configs
from electra_tf import console, failures, fields, validation
from electra_tf.console import printable

Settings = TypeVar("Settings", bound=Any)


def run(main: Callable[[Sequence[str]], None], known_only: bool = False) -> None:
    """Parses the flags and calls main, as absl's `app.run`.

    What the user can cure is printed as one line, and the exit code is 1: a ValueError,
    a FloatingPointError (a training that diverged), a full memory, and whatever the
    operating system or TensorFlow says of files, disks and devices. The traceback is
    shown with --verbosity=1. Ctrl-C, and a reader that closes the pipe, as `| head`
    does, end the program without a word.

    Args:
        main: gets the arguments, of which the first is the program.
        known_only: leave the flags that aren't defined here to main.
    """

    def checked(argv: Sequence[str]) -> None:
        logging.use_absl_handler()
        logging.get_absl_handler().setFormatter(_Formatter())
        if len(argv) > 1 and not known_only:
            raise app.UsageError(f"unexpected arguments: {' '.join(argv[1:])}")
        try:
            main(argv)
            sys.stdout.flush()  # A full disk or a closed pipe may show only here.
        except KeyboardInterrupt:
            leave("", 128 + signal.SIGINT)
        except Exception as error:
            if isinstance(error, BrokenPipeError) and console.is_unread(sys.stdout):
                leave("", 128 + signal.SIGPIPE)
            explained = failures.explain(error)
            if explained is None:
                raise
            logging.debug("Traceback of the error:", exc_info=True)
            _stop(explained)

    app.run(checked, flags_parser=lambda argv: _parse(argv, known_only))


def say(text: str, end: str = "\n") -> None:
    """Prints where that must not fail: while the program ends.

    Nobody may read it any more: the terminal was closed, the pipe has no reader, or the
    disk is full.
    """
    try:
        print(text, end=end, flush=True)
    except OSError:
        # Python would try once more at its end, and change the exit code.
        console.silence(sys.stdout)


def leave(text: str, code: int) -> NoReturn:
    """Prints a last word and ends the program with that exit code in any case."""
    say(text, end="\n" if text else "")
    sys.exit(code)


def config_of(flag: flags.FlagHolder | flags.Flag) -> configs.Config:
    """The run of a --config flag, overrides applied, checked.

    Raises:
        ValueError: there is no such file, or the fields do not fit together.
    """
    if not isinstance(flag.value, configs.Config):
        known = (
            "small, small_128_512, base, large, small_plus, mini, mini_short, "
            "mini_reference, demo"
        )
        raise ValueError(
            "--config must name a file with a get_config(), such as "
            f"--config=configs/small.py ({known})."
        )
    validation.validate(flag.value)
    return flag.value


@contextlib.contextmanager
def known_fields(settings: Any) -> Iterator[None]:
    """Around the definition of a --config with a default, which reads its overrides.

    Args:
        settings: a configuration of its type.
    """
    try:
        yield
    except KeyError as error:
        _stop_at_unknown_field(error, settings)


def refuse(flag: flags.FlagHolder, is_unused: bool, what: str) -> None:
    """Says of a flag that is given what it is for, where it would do nothing.

    Raises:
        ValueError: names both.
    """
    if is_unused and flag.present:
        raise ValueError(f"--{flag.name} is for {what} alone: leave it out.")


def from_flags(settings: type[Settings], **made: Any) -> Settings:
    """A dataclass of the fields given, and for the others the flags of their names."""
    names = {field.name for field in dataclasses.fields(settings)} - made.keys()
    return settings(**made, **{name: flags.FLAGS[name].value for name in names})


def _parse(argv: Sequence[str], known_only: bool) -> list[str]:
    """Flags as absl parses them; an unknown config field is an error like others."""
    logging.set_verbosity(logging.INFO)
    if known_only:  # An unknown flag's value may follow it, and flags of ours that.
        flags.FLAGS.set_gnu_getopt(True)
    try:
        return flags.FLAGS(argv, known_only)
    except KeyError as error:
        _stop_at_unknown_field(error, configs.Config())
    except flags.Error as error:
        problems = str(error).splitlines()  # One per flag that is missing.
        _stop(f"{'; '.join(problems)}. --help lists the flags.")


def _stop_at_unknown_field(error: KeyError, settings: Any) -> NoReturn:
    """Names the field that `settings` has, if the error is about one that it hasn't."""
    unknown = re.search(r"Field (\w+) not found", str(error))
    if unknown is None:
        raise error
    paths = sorted(fields.flatten(settings))
    leaves = {path.rsplit(".", 1)[-1]: path for path in paths}
    close = difflib.get_close_matches(unknown[1], leaves, n=1)
    hint = f"Did you mean config.{leaves[close[0]]}? " if close else ""
    _stop(
        f"--config has no field {unknown[1]!r}. {hint}The fields are: "
        f"{', '.join(paths)}."
    )


class _Formatter(logging.PythonFormatter):
    """absl's lines, with what a terminal would obey escaped."""

    def format(self, record: standard_logging.LogRecord) -> str:
        """A line; a table or a traceback in it keeps its lines."""
        return printable(super().format(record), keep="\n")


def _stop(error: Exception | str) -> NoReturn:
    with contextlib.suppress(OSError):  # A terminal that was closed.
        print(f"error: {printable(str(error))}", file=sys.stderr)
    leave("", 1)
