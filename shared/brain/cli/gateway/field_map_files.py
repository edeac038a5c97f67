"""Field maps in files of their own, and those of the configuration."""

from pathlib import Path
from typing import Final

import yaml
from pydantic import ValidationError

from brain.cli.gateway.payload_files import read_bytes
from brain.domain.feeds.field_maps import FeedsConfig, FieldMap
from brain.domain.types import explain_validation_error
from brain.errors import InvalidInputError
from brain.settings.files import load_config

MAX_MAP_BYTES: Final = 100_000
_FILE_TYPES: Final = (".yaml", ".yml", ".json")


def find_field_map(name: str) -> FieldMap:
    """Return a field map of ``config/feeds.yaml``, or that of a file such as ``brain maps propose`` prints.

    Raises:
        InvalidInputError: there is no map of that name, or the file holds none.
    """
    if Path(name).suffix.lower() in _FILE_TYPES:
        return parse_field_map(read_bytes(Path(name)))
    maps = load_config("feeds", FeedsConfig).field_maps
    if name not in maps:
        lines = "".join(f"\n  {other}: {field_map.description}" for other, field_map in maps.items())
        raise InvalidInputError(
            f"--map must be a YAML file or a field map of config/feeds.yaml, got {name!r}; choose one of:{lines}"
        )
    return maps[name]


def parse_field_map(content: bytes) -> FieldMap:
    """Return the field map that YAML or JSON describes; raises ``InvalidInputError`` if it describes none."""
    if len(content) > MAX_MAP_BYTES:
        raise InvalidInputError(f"a field map may have at most {MAX_MAP_BYTES} bytes, got {len(content)}")
    try:
        return FieldMap.model_validate(yaml.safe_load(content))
    except yaml.YAMLError as error:
        raise InvalidInputError("expected a field map as YAML or JSON, got invalid YAML; correct the file") from error
    except ValidationError as error:
        raise InvalidInputError(explain_validation_error(error, document="the field map")) from error
