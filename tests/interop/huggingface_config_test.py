"""A config.json of absurd sizes is refused before memory is allocated for them."""

import json
import pathlib
import struct

import pytest
import safetensors.numpy

from electra_tf.interop import encoders, huggingface, huggingface_tokenizer
from electra_tf.text.vocabulary import TextRules
from tests import commands
from tests.interop import models

SIZES = {
    "vocab_size": 20,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "embedding_size": 16,
    "max_position_embeddings": models.LENGTH,
    "type_vocab_size": 2,
}


@pytest.fixture
def network(tmp_path) -> pathlib.Path:
    """A Hugging Face directory."""
    directory = str(tmp_path)
    huggingface.write(directory, models.random_model(), "discriminator", 0)
    huggingface_tokenizer.write(
        directory, models.VOCABULARY, TextRules(), models.LENGTH
    )
    return tmp_path


def edit(network: pathlib.Path, **fields: int) -> None:
    path = network / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("hidden_size", 10**9),
        ("vocab_size", 10**12),
        ("num_hidden_layers", 10**6),
        ("intermediate_size", 10**10),
        ("embedding_size", 10**9),
        ("max_position_embeddings", 10**12),
        ("type_vocab_size", 10**11),
        ("hidden_size", 30),
        ("num_hidden_layers", 1),
    ],
)
def test_a_size_that_the_weights_do_not_have_is_named(network, field, value):
    edit(network, **{field: value})
    message = f"says {field}={value}, but the weights in .* have {SIZES[field]}: copy"
    with pytest.raises(ValueError, match=message):
        encoders.find(str(network))


@pytest.mark.parametrize("heads", [3, 10**9])
def test_heads_that_do_not_divide_are_named(network, heads):
    edit(network, num_attention_heads=heads)
    with pytest.raises(
        ValueError, match=f"heads={heads}, which does not divide hidden"
    ):
        encoders.find(str(network))


def test_the_sizes_of_the_weights_are_taken(network):
    found = encoders.find(str(network))
    assert (found.config.hidden_size, found.config.num_layers) == (32, 2)


def test_a_header_that_lies_as_well_is_refused_by_the_size_of_the_file(network):
    path = network / "model.safetensors"
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    for name, tensor in header.items():
        if name.startswith("electra.encoder.layer.0.inter"):
            tensor["shape"][0] = 10**10
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + content[8 + length :])
    edit(network, intermediate_size=10**10)
    # Two bytes each: 4 * 32 * 32 + 2 * 32 * 10**10 in both layers, 16 * 34 in tables.
    with pytest.raises(
        ValueError, match="at least 2,560,000,017,472 bytes, but .* has"
    ):
        encoders.find(str(network))


def test_a_pickle_is_compared_by_its_size(network):
    (network / "model.safetensors").unlink()
    (network / "pytorch_model.bin").write_bytes(b"0" * 10_000)
    with pytest.raises(ValueError, match=r"at least 33,856 bytes, but .* has 10,000"):
        encoders.find(str(network))


@pytest.mark.parametrize(
    "content", [b"", b"\x01", b"\xff" * 64, b"\0" * 16, struct.pack("<Q", 3) + b"{}"]
)
def test_a_header_that_is_none_is_an_error(network, content):
    (network / "model.safetensors").write_bytes(content)
    with pytest.raises(ValueError, match=r"model.safetensors is corrupt .a header of"):
        encoders.find(str(network))


def test_a_model_without_a_matrix_is_named(network):
    path = str(network / "model.safetensors")
    tensors = safetensors.numpy.load_file(path)
    del tensors["electra.encoder.layer.0.intermediate.dense.weight"]
    safetensors.numpy.save_file(tensors, path)
    with pytest.raises(ValueError, match="no matrix electra.encoder.layer.0.intermedi"):
        encoders.find(str(network))


def test_finetune_refuses_it_in_one_line(network, tmp_path):
    edit(network, hidden_size=10**9)
    done = commands.run(
        "finetune",
        f"--model={network}",
        "--task=classification",
        "--train=none.tsv",
        f"--output={tmp_path}/out",
    )
    assert done.returncode == 1
    assert "config.json says hidden_size=1000000000, but the weights" in done.stderr
    assert "Traceback" not in done.stderr
