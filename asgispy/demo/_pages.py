"""The one look of the examples' HTML pages.

Owns: the frame and the style sheet. What must not move in: a page's own content and script.
"""

from html import escape

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2330; --soft: #69738a; --paper: #f7f7f4; --card: #fff; --line: #e2e2dc;
        --warm: #d9662b; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8ee; --soft: #949db3; --paper: #15171d; --card: #1e212a; --line: #2e323e; --warm: #ff9a62; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2.5rem 1rem; max-width: 44rem; font: 16px/1.5 system-ui, sans-serif;
       color: var(--ink); background: var(--paper); }
h1 { font-size: 1.4rem; margin: 0 0 .25rem; }
a, b { color: var(--warm); }
p { color: var(--soft); margin: 0 0 1.25rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1rem; }
ul { list-style: none; margin: 0; }
li { padding: .3rem 0; overflow-wrap: anywhere; }
input { width: 100%; margin-top: .75rem; padding: .6rem .8rem; font: inherit; color: inherit;
        background: var(--card); border: 1px solid var(--line); border-radius: .75rem; }
small { color: var(--soft); }
"""


def page(title: str, body: str, script: str = "") -> bytes:
    """A whole page; `body` is HTML already, `title` is plain text."""
    parts = [
        "<!doctype html>",
        '<html lang="en">',
        f'<head><meta charset="utf-8"><title>{escape(title)}</title>',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<link rel="icon" href="data:,"><style>{_STYLE}</style></head>',
        f"<body><h1>{escape(title)}</h1>{body}",
        f"<script>{script}</script></body></html>",
    ]
    return "\n".join(parts).encode()
