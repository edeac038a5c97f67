"""The constants in the file are those of the model."""

import pytest
from pydantic import ValidationError

from brain.domain.anomaly import DEFAULT, AnomalyConfig
from brain.settings.files import load_config


def test_the_file_holds_the_defaults():
    """So a detector made without settings is the one the product runs."""
    assert load_config("brain_anomaly", AnomalyConfig) == DEFAULT


@pytest.mark.parametrize(
    ("mapping", "place"), [({"fast_readings": 1}, "fast_readings"), ({"tail": {"top_shares": 1}}, "tail.top_shares")]
)
def test_a_wrong_constant_is_named(mapping, place):
    """With the place in the file."""
    with pytest.raises(ValidationError, match=place):
        AnomalyConfig.model_validate(mapping)
