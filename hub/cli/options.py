"""Options that several commands share: declared once, and given to a command in the place of one parameter."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

Command = Callable[..., None]


def taking(**groups: Callable[..., Any]) -> Callable[[Command], Command]:
    """Give a command the options that each of these makes a value of, in the place of its parameter of that name."""
    options = {name: inspect.signature(group).parameters for name, group in groups.items()}

    def give(command: Command) -> Command:
        @functools.wraps(command)
        def run(**given: Any) -> None:  # noqa: ANN401 - whatever the command takes
            made = {name: groups[name](**{option: given.pop(option) for option in options[name]}) for name in groups}
            command(**given, **made)

        parameters: list[inspect.Parameter] = []
        for parameter in inspect.signature(command).parameters.values():
            parameters += options[parameter.name].values() if parameter.name in groups else [parameter]
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # what typer reads
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return run

    return give
