"""`asgispy proxy URL`: a forwarding application under the probe, for servers that are not ours to start."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import click

from asgispy.cli.options import recording_options, server_option
from asgispy.cli.recording import RecordingOptions
from asgispy.cli.run import RunCommand, given, watch
from asgispy.errors import MissingExtra
from asgispy.launch.servers import uvicorn_options
from asgispy.proxy.pool import ssl_context_of
from asgispy.proxy.settings import HANDOVER, Forwarding, in_order, parse_route, parse_upstream
from asgispy.settings import Launch

TARGET: Final = "asgispy.proxy.entry:app"
NOT_FOR_PROXIES: Final = (
    "factory", "interface", "app_dir", "reload", "reload_dirs", "reload_includes", "reload_excludes", "reload_delay",
    "lifespan", "root_path",
)  # fmt: skip
"""Server options that are about loading an application, or would change what is forwarded."""
NOT_OURS: Final = ("smell.http.server-owned-header",)
"""Rules for applications that would tell of every response of another server."""
UNTOUCHED: Final = {
    "access_log": False,
    "date_header": False,
    "server_header": False,
    "ws_max_size": 1 << 30,
    "proxy_headers": False,
}
"""What keeps uvicorn from adding to a response, refusing long messages, believing who the client says that it is, and
saying what the screen says."""


def _proxy(url: str, server: str, server_arguments: tuple[str, ...], **values: Any) -> int:
    recording = RecordingOptions.take(values)
    recording.check("asgispy proxy")
    recording = replace(recording, ignore=(*recording.ignore, *NOT_OURS))
    forwarding = _forwarding(url, values)
    options = given(values)
    if server == "uvicorn":
        options = {**UNTOUCHED, **options}
    launch = Launch(
        target=TARGET,
        server=server,
        options=options,
        extra_arguments=server_arguments,
        environment={HANDOVER: forwarding.encoded()},
        title=f"proxy of {', '.join(each.place for each in forwarding.upstreams[::-1])}",
    )
    return watch(launch, recording)


def _forwarding(url: str, values: dict[str, Any]) -> Forwarding:
    """What is asked for, checked; takes its values away."""
    routes = [parse_route(text) for text in values.pop("routes")]
    ca: Path | None = values.pop("ca")
    forwarding = Forwarding(
        in_order([parse_upstream(url), *routes]),
        keep_host=values.pop("host_header") == "keep",
        forwarded=values.pop("forwarded"),
        http2=values.pop("upstream_http2"),
        insecure=values.pop("insecure"),
        ca=str(ca.absolute()) if ca is not None else "",
        connect_timeout=values.pop("connect_timeout"),
        timeout=values.pop("answer_timeout"),
    )
    ssl_context_of(forwarding)
    if forwarding.http2 and find_spec("h2") is None:
        raise MissingExtra("HTTP/2 (h2)", "http2")
    return forwarding


def _forwarding_options() -> list[click.Option]:
    """How requests are forwarded."""
    return [
        click.Option(
            ["--route", "routes"],
            multiple=True,
            metavar="/PREFIX=URL",
            help="Forward paths of this prefix there; a path in URL, as in http://host/, replaces the prefix.",
        ),
        click.Option(
            ["--host-header"],
            type=click.Choice(["upstream", "keep"]),
            default="upstream",
            show_default=True,
            help="Name the upstream in the Host header, or keep what the client sent.",
        ),
        click.Option(
            ["--forwarded"],
            is_flag=True,
            help="Tell the upstream for whom: Forwarded, X-Forwarded-For/Proto/Host, Via.",
        ),
        click.Option(["--upstream-http2"], is_flag=True, help="Speak HTTP/2 to the upstream."),
        click.Option(["--insecure"], is_flag=True, help="Accept any certificate of the upstream."),
        click.Option(
            ["--ca"],
            type=click.Path(path_type=Path, dir_okay=False, exists=True),
            help="Trust the certificates in this PEM file instead of the system's.",
        ),
        click.Option(
            ["--connect-timeout"],
            type=click.FloatRange(min=0, min_open=True),
            default=10.0,
            show_default=True,
            help="Seconds for a connection to the upstream to come about; then the client gets 504.",
        ),
        click.Option(
            ["--answer-timeout"],
            type=click.FloatRange(min=0),
            default=60.0,
            show_default=True,
            help="Seconds for the upstream's answer to begin; then the client gets 504. 0 waits for ever.",
        ),
    ]


def _server_options() -> list[click.Option]:
    return [option for option in uvicorn_options() if option.name not in NOT_FOR_PROXIES]


command = RunCommand(
    "proxy",
    callback=_proxy,
    params=[
        click.Argument(["url"], metavar="URL"),
        click.Argument(["server_arguments"], nargs=-1, metavar="[-- SERVER ARGUMENTS]"),
        *_forwarding_options(),
        server_option(),
        *recording_options(),
        *_server_options(),
    ],
    context_settings={"help_option_names": ["-h", "--help"]},
    help="""Listen, forward everything to URL, and watch every connection.

    URL is http://host:port, https://host or unix:/path/to.sock. Nothing is buffered or changed on the way but the Host
    header and what belongs to one connection only. It listens at 127.0.0.1:8000 unless told otherwise.""",
    short_help="Forward to a server in any language and watch it.",
)
