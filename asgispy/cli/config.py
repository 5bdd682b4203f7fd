"""`asgispy config`: where settings are read from, what they are, and an example of a file.

What must not move in: what can be set (configuration), and what a theme or an action is (tui).
"""

from __future__ import annotations

import json
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import click

from asgispy.cli.configured import configuration
from asgispy.configuration import FIELDS, Configuration, shown, user_file
from asgispy.errors import EXIT_OK
from asgispy.settings import Thresholds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from dataclasses import Field


def _config(example: bool, keys: bool) -> int:
    if example:
        click.echo(example_text(), nl=False)
        return EXIT_OK
    settings = configuration()
    if keys:
        _show_keys(settings)
    else:
        _show(settings)
    return EXIT_OK


def _show(settings: Configuration) -> None:
    from asgispy.tui.memory import state_file
    from asgispy.tui.preferences import check

    check(settings)
    read = {source.path for source in settings.sources}
    user = user_file()
    click.echo(f"your file       {shown(user)}{'' if user in read else '  (not there)'}")
    project = next((shown(source.path) for source in settings.sources if source.above), "none has [tool.asgispy]")
    click.echo(f"project's file  {project}")
    click.echo(f"remembered in   {shown(state_file())}\n")
    rows = list(_rows(settings))
    names, values = (min(48, max(len(row[column]) for row in rows)) for column in (0, 1))
    for name, value, origin in rows:
        click.echo(f"{name:<{names}}  {value:<{values}}  {origin}")


def _rows(settings: Configuration) -> Iterator[tuple[str, str, str]]:
    """(key, value as in a file, where it comes from)."""
    for name, entry in FIELDS.items():
        value = getattr(settings, entry.name)
        if not isinstance(value, dict):
            yield name, toml(_short(name, value)), str(settings.origins.get((name,), "default"))
            continue
        shown_as = _thresholds(value) if name == "thresholds" else value
        for inner, each in shown_as.items():
            yield f"{name}.{inner}", toml(each), str(settings.origins.get((name, inner), "default"))
        if not value:
            yield name, "{}", "default"


def _show_keys(settings: Configuration) -> None:
    from asgispy.tui.keymap import keymap_for, with_keys

    actions = with_keys(keymap_for(settings))
    for action in actions:
        origin = settings.origins.get(("keys", action.name))
        click.echo(f"{action.name:<24} {action.keys:<30} {action.help}" + (f"  ({origin})" if origin else ""))


def example_text() -> str:
    """A file that sets everything to its default, and says what it is."""
    lines = ["# Settings of asgispy, each with its default. In a project the same keys stand in [tool.asgispy] of"]
    lines.append(f"# pyproject.toml, and override those of {shown(user_file())}; options override both.\n")
    for name, entry in FIELDS.items():
        default = getattr(Configuration(), entry.name)
        if isinstance(default, dict):
            lines.append(f"# {entry.metadata['help']}\n[{name}]\n# {entry.metadata['example']}\n")
        else:
            lines.append(f"# {entry.metadata['help']}{_instance(entry)}\n{name} = {toml(_short(name, default))}\n")
    return "\n".join(lines)


def _instance(entry: Field[Any]) -> str:
    return f"\n# {entry.metadata['example']}"


def _short(name: str, value: Any) -> Any:
    """Sizes as people write them."""
    if name in ("body-limit", "keep-bytes"):
        for factor, unit in ((1024**3, "G"), (1024**2, "M"), (1024, "K")):
            if value and value % factor == 0:
                return f"{value // factor}{unit}"
    return value


def _thresholds(values: Mapping[str, int]) -> dict[str, str | int]:
    """Thresholds as people write them."""
    units = {each.name: each.metadata["unit"] for each in fields(Thresholds)}
    return {
        name.replace("_", "-"): f"{value / 10**9:g}s" if units[name] == "duration" else value
        for name, value in values.items()
    }


def toml(value: Any) -> str:
    """A setting's value as a file has it."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, dict):
        return _inline(value)
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _inline(table: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{toml(name)} = {toml(each)}" for name, each in table.items()) + "}"


command = click.Command(
    "config",
    callback=_config,
    params=[
        click.Option(["--example"], is_flag=True, help="Print a file with every setting, explained."),
        click.Option(["--keys"], is_flag=True, help="List every action and its keys, as [keys] names them."),
    ],
    context_settings={"help_option_names": ["-h", "--help"]},
    help="""Show where settings are read from, and what they are.

    To begin a file of your own: asgispy config --example > ~/.config/asgispy/config.toml""",
    short_help="Show settings and where they come from.",
)
