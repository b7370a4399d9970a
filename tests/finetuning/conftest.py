"""What tests of fine-tuning start from."""

import pytest

from electra_tf.data.vocabulary import TextRules
from electra_tf.exchange import huggingface, huggingface_tokenizer
from tests.exchange import models


@pytest.fixture(scope="module")
def network(tmp_path_factory) -> str:
    """A Hugging Face directory with random weights."""
    directory = str(tmp_path_factory.mktemp("network"))
    huggingface.write(directory, models.random_model(), "discriminator", 0)
    huggingface_tokenizer.write(
        directory, models.VOCABULARY, TextRules(), models.LENGTH
    )
    return directory
