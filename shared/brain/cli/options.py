"""Options that many commands share, so that they are worded and behave alike."""

from typing import Annotated

import typer

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of tables for people.")]
ClientOption = Annotated[str, typer.Option("--client", help="The client's id.")]
SourceArgument = Annotated[
    str, typer.Argument(help="The feed, such as email, ads_google or custom; `brain normalize --help` lists all.")
]
