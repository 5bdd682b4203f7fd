"""`asgispy rules`: what the rules are, and what one of them means."""

from __future__ import annotations

import difflib

import click

from asgispy.checks.catalogue import RULES
from asgispy.errors import EXIT_OK, UsageError
from asgispy.formats.rules import explained, matching, rules_json, rules_markdown, rules_text

FORMATS = {"text": rules_text, "json": rules_json, "markdown": rules_markdown}


def _rules(rule: str | None, format: str) -> int:
    chosen = list(RULES.values()) if rule is None else matching(rule)
    if not chosen:
        near = difflib.get_close_matches(rule or "", RULES, 1, 0.5)
        raise UsageError(f"there is no rule {rule!r}" + (f": is {near[0]} meant?" if near else ": see asgispy rules"))
    text = explained(chosen[0]) if format == "text" and rule == chosen[0].id else FORMATS[format](chosen)
    click.echo(text, nl=False)
    return EXIT_OK


command = click.Command(
    "rules",
    callback=_rules,
    params=[
        click.Argument(["rule"], required=False, metavar="[RULE]"),
        click.Option(
            ["-f", "--format"], type=click.Choice(list(FORMATS)), default="text", show_default=True, help="The format."
        ),
    ],
    context_settings={"help_option_names": ["-h", "--help"]},
    help="List the rules that traffic is held against; explain RULE; or list those that begin with it, such as ws.",
    short_help="List and explain the rules.",
)
