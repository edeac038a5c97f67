"""Reads gcloud commands and says which of them gcloud's own parser refuses; run by the Python that gcloud runs on.

Nothing is called: the commands are parsed against gcloud's own tree of commands and flags and then dropped.
"""

import contextlib
import io
import shlex
import sys
from pathlib import Path


def main(sdk: Path) -> None:
    """Print each command of the standard input that is refused, with the reason."""
    sys.path[:0] = [str(sdk / "lib"), str(sdk / "lib" / "third_party")]
    from googlecloudsdk.gcloud_main import CreateCLI  # noqa: PLC0415 - found only now

    parser = CreateCLI([])._CLI__parser
    for command in sys.stdin:
        output = io.StringIO()
        try:
            with contextlib.redirect_stderr(output):
                parser.parse_args(shlex.split(command)[1:])
        except SystemExit:
            sys.stdout.write(f"{command.strip()}: {output.getvalue().strip()}\n")
        except Exception as error:  # noqa: BLE001 - gcloud has errors of its own for what it refuses
            sys.stdout.write(f"{command.strip()}: {error}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
