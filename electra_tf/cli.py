"""How the entry points start, and how they end on an error that a user can fix."""

import contextlib
import dataclasses
import logging as standard_logging
import pathlib
import re
import shlex
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn, TypeVar

from absl import app, flags, logging

from electra_tf import config as configs
from electra_tf import console, failures, validation
from electra_tf.console import printable

Settings = TypeVar("Settings", bound=Any)
COMMAND = "electra-tf"
"""Name of the installed command, followed by one of `PROGRAMS`."""
PROGRAMS = ("prepare", "look", "pretrain", "evaluate", "export", "finetune", "demo")


def run(main: Callable[[Sequence[str]], None], known_only: bool = False) -> None:
    """Parses the flags and calls main, as absl's `app.run` does.

    Errors that a user can fix are printed as one line, and the exit code is 1:
    ValueError, FloatingPointError (a training that diverged), MemoryError, and errors
    of the operating system or TensorFlow about files, disks and devices. --verbosity=1
    adds the traceback. Ctrl-C and a closed pipe (`| head`) end the program silently.

    Args:
        main: takes the arguments; the first is the program.
        known_only: pass flags that are not defined on to main.
    """

    def checked(argv: Sequence[str]) -> None:
        logging.use_absl_handler()
        handler = logging.get_absl_handler()
        handler.setFormatter(_Formatter())
        if logging.get_verbosity() < logging.DEBUG:
            handler.addFilter(_is_for_people)
            with console.quiet_stderr():
                # Its notes on the machine are not about this run.
                import tensorflow  # noqa: F401
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
            stop(explained)

    app.run(checked, flags_parser=lambda argv: _parse(argv, main, known_only))


def shown(text: str) -> str:
    """Names the programs in a text as this one was started.

    "python evaluate.py" and "evaluate.py" become "electra-tf evaluate" if it was
    started by that command.
    """
    if not sys.argv[0].startswith(f"{COMMAND} "):
        return text
    # Not in a path, nor a configuration's file.
    name = rf"(?<![\w./=-])(?:python )?({'|'.join(PROGRAMS)})\.py\b"
    return re.sub(name, rf"{COMMAND} \1", text)


def command_line(arguments: Sequence[str]) -> str:
    """The command that a person types for the program's arguments, itself included."""
    program, *rest = arguments
    start = program.split() if program.startswith(f"{COMMAND} ") else [program]
    return shlex.join([*start, *rest])


def say(text: str, end: str = "\n") -> None:
    """Prints a text while the program ends, and ignores errors.

    The terminal may have been closed, the pipe may have no reader, the disk be full.
    """
    try:
        print(text, end=end, flush=True)
    except OSError:
        # Otherwise Python tries again at its end, and changes the exit code.
        console.silence(sys.stdout)


def leave(text: str, code: int) -> NoReturn:
    """Prints a last line and ends the program with an exit code."""
    say(text, end="\n" if text else "")
    sys.exit(code)


def config_of(flag: flags.FlagHolder | flags.Flag) -> configs.Config:
    """The validated configuration of a --config flag, with its overrides.

    Raises:
        ValueError: there is no such file, or the fields do not fit together.
    """
    if not isinstance(flag.value, configs.Config):
        raise ValueError(
            "--config must be a configuration of a training, such as --config=small, "
            "or a file of your own with a get_config() that returns one."
        )
    validation.validate(flag.value)
    return flag.value


@contextlib.contextmanager
def known_fields(settings: Any) -> Iterator[None]:
    """Context for the definition of a --config flag with a default value.

    The definition reads the overrides; an unknown field is reported as an error.

    Args:
        settings: a configuration of the flag's type.
    """
    try:
        yield
    except KeyError as error:
        from electra_tf import usage

        stop(usage.of_unknown_field(error, settings))


def from_flags(settings: type[Settings], **made: Any) -> Settings:
    """Makes a dataclass from the given fields and, for the others, flags by name."""
    names = {field.name for field in dataclasses.fields(settings)} - made.keys()
    return settings(**made, **{name: flags.FLAGS[name].value for name in names})


def _parse(argv: Sequence[str], main: Callable, known_only: bool) -> list[str]:
    """Parses flags as absl does, and reports unknown config fields as errors."""
    logging.set_verbosity(logging.INFO)
    if any(word.startswith(("--help", "-help", "-h")) for word in argv[1:]):
        _help(argv[1:], main)
    if "config" in flags.FLAGS:
        from electra_tf import shipped

        try:
            argv = [*shipped.with_paths(argv)]
        except ValueError as error:
            stop(error)
    if known_only:  # Flags of ours may come after an unknown flag and its value.
        flags.FLAGS.set_gnu_getopt(True)
    try:
        return flags.FLAGS(argv, known_only)
    except KeyError as error:
        from electra_tf import usage

        stop(usage.of_unknown_field(error, configs.Config()))
    except flags.Error as error:
        problems = str(error).splitlines()  # One per missing flag.
        stop(f"{'; '.join(problems)}. --help lists the flags.")


def _help(words: Sequence[str], main: Callable) -> None:
    """Prints the page that is asked for, if any, and ends the program."""
    from electra_tf import usage

    if usage.HELP_CONFIG.intersection(words) and "config" in flags.FLAGS:
        value = flags.FLAGS["config"].value
        settings = value if dataclasses.is_dataclass(value) else configs.Config()
        leave(shown(usage.of_config(settings)), 0)
    if usage.HELP.intersection(words):
        leave(shown(usage.of_program(sys.modules[main.__module__])), 0)


def _is_for_people(record: standard_logging.LogRecord) -> bool:
    """Whether a line is ours, or more than information."""
    place = pathlib.Path(record.pathname)
    return "tensorflow" not in place.parts or record.levelno > standard_logging.INFO


class _Formatter(logging.PythonFormatter):
    """Formats lines as absl does, with control characters escaped."""

    def format(self, record: standard_logging.LogRecord) -> str:
        """Formats a record; line breaks in it stay."""
        place, mark, message = super().format(record).partition("] ")
        return printable(f"{place}{mark}{shown(message)}", keep="\n")


def stop(error: Exception | str) -> NoReturn:
    """Prints an error that a user can fix, and ends the program."""
    with contextlib.suppress(OSError):  # The terminal was closed.
        print(f"error: {printable(shown(str(error)))}", file=sys.stderr)
    leave("", 1)
