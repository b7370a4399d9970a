"""How the entry points start, and how they end on an error that a user can fix."""

import contextlib
import dataclasses
import difflib
import logging as standard_logging
import pathlib
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
            _stop(explained)

    app.run(checked, flags_parser=lambda argv: _parse(argv, known_only))


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
        _stop_at_unknown_field(error, settings)


def refuse(flag: flags.FlagHolder, is_unused: bool, what: str) -> None:
    """Rejects a flag that would have no effect.

    Raises:
        ValueError: the flag is given; names its purpose.
    """
    if is_unused and flag.present:
        raise ValueError(f"--{flag.name} is for {what} alone: leave it out.")


def from_flags(settings: type[Settings], **made: Any) -> Settings:
    """Makes a dataclass from the given fields and, for the others, flags by name."""
    names = {field.name for field in dataclasses.fields(settings)} - made.keys()
    return settings(**made, **{name: flags.FLAGS[name].value for name in names})


def _parse(argv: Sequence[str], known_only: bool) -> list[str]:
    """Parses flags as absl does, and reports unknown config fields as errors."""
    logging.set_verbosity(logging.INFO)
    if any(word.startswith(("--help", "-help", "-h")) for word in argv[1:]):
        _help(argv[1:])
    argv = [*_with_config_files(argv)] if "config" in flags.FLAGS else argv
    if known_only:  # Flags of ours may come after an unknown flag and its value.
        flags.FLAGS.set_gnu_getopt(True)
    try:
        return flags.FLAGS(argv, known_only)
    except KeyError as error:
        _stop_at_unknown_field(error, configs.Config())
    except flags.Error as error:
        problems = str(error).splitlines()  # One per missing flag.
        _stop(f"{'; '.join(problems)}. --help lists the flags.")


def config_file(name: str) -> str:
    """Path of a configuration, from its own path or its name in `configs/`.

    Raises:
        SystemExit: there is none; the known names are printed.
    """
    shipped = pathlib.Path(configs.__file__).parents[1] / "configs"
    path = shipped / f"{pathlib.Path(name).stem}.py"
    if pathlib.Path(name).is_file():
        return name
    if name in (path.stem, path.name, f"configs/{path.name}") and path.is_file():
        return str(path)
    known = sorted(one.stem for one in shipped.glob("[a-z]*.py"))
    close = difflib.get_close_matches(path.stem, known, n=1)
    hint = f"Did you mean {close[0]}? " if close else ""
    _stop(f"--config={name}: no such file. {hint}Known names: {', '.join(known)}.")


def _with_config_files(argv: Sequence[str]) -> Iterator[str]:
    """The arguments, with the path of a configuration in place of its name."""
    is_name = False
    for word in argv:
        match = re.fullmatch(r"(--?config=)(.+)", word)
        if match:
            yield match[1] + config_file(match[2])
        else:
            yield config_file(word) if is_name else word
        is_name = word in ("--config", "-config")


def _help(words: Sequence[str]) -> None:
    """Prints the page that is asked for, if any, and ends the program."""
    from electra_tf import usage

    if usage.HELP_CONFIG.intersection(words) and "config" in flags.FLAGS:
        value = flags.FLAGS["config"].value
        settings = value if dataclasses.is_dataclass(value) else configs.Config()
        leave(usage.of_config(settings), 0)
    if usage.HELP.intersection(words):
        leave(usage.of_program(), 0)


def _stop_at_unknown_field(error: KeyError, settings: Any) -> NoReturn:
    """Reports an unknown field and the fields that `settings` has."""
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


def _is_for_people(record: standard_logging.LogRecord) -> bool:
    """Whether a line is ours, or more than information."""
    is_ours = "tensorflow" not in pathlib.Path(record.pathname).parts
    return is_ours or record.levelno > standard_logging.INFO


class _Formatter(logging.PythonFormatter):
    """Formats lines as absl does, with control characters escaped."""

    def format(self, record: standard_logging.LogRecord) -> str:
        """Formats a record; line breaks in it stay."""
        return printable(super().format(record), keep="\n")


def _stop(error: Exception | str) -> NoReturn:
    with contextlib.suppress(OSError):  # The terminal was closed.
        print(f"error: {printable(str(error))}", file=sys.stderr)
    leave("", 1)
