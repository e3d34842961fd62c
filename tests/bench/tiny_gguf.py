"""Make a tiny model with random weights for llama.cpp, to try evaluations against a real server, by hand.

In an environment of its own, since building the server takes a quarter of an hour:

    python3 -m venv /tmp/llama && /tmp/llama/bin/pip install "llama-cpp-python[server]" gguf numpy
    /tmp/llama/bin/python tests/bench/tiny_gguf.py /tmp/tiny.gguf
    /tmp/llama/bin/python -m llama_cpp.server --model /tmp/tiny.gguf --port 8300 --n_ctx 4096 --logits_all true
"""

import string
import sys

import gguf
import numpy as np

WIDTH, INNER, LAYERS, HEADS, CONTEXT = 64, 128, 2, 4, 4096
TEMPLATE = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}assistant:"


def main() -> None:
    """Write the file that the command line names."""
    writer = gguf.GGUFWriter(sys.argv[1], "llama")
    size = _add_tokens(writer)
    _describe(writer, size)
    _add_weights(writer, size)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_tokens(writer: gguf.GGUFWriter) -> int:
    """A vocabulary of bytes, characters, and letters and digits behind a space; its size."""
    control = ["<unk>", "<s>", "</s>"]
    byte_tokens = [f"<0x{number:02X}>" for number in range(256)]
    characters = [one for one in string.printable if not one.isspace()]
    pieces = ["▁", *characters, *(f"▁{one}" for one in string.ascii_letters + string.digits)]
    tokens = [*control, *byte_tokens, *pieces]
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_types([2, 3, 3, *([6] * len(byte_tokens)), *([1] * len(pieces))])
    writer.add_token_scores([0.0] * (len(tokens) - len(pieces)) + [-float(number) for number in range(len(pieces))])
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_chat_template(TEMPLATE)
    return len(tokens)


def _describe(writer: gguf.GGUFWriter, size: int) -> None:
    writer.add_name("tiny random")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_vocab_size(size)


def _add_weights(writer: gguf.GGUFWriter, size: int) -> None:
    draw = np.random.default_rng(42)
    matrices = {"token_embd": (size, WIDTH), "output": (size, WIDTH)}
    norms = ["output_norm"]
    for layer in range(LAYERS):
        norms += [f"blk.{layer}.attn_norm", f"blk.{layer}.ffn_norm"]
        matrices |= {f"blk.{layer}.attn_{name}": (WIDTH, WIDTH) for name in ("q", "k", "v", "output")}
        matrices |= {f"blk.{layer}.ffn_{name}": (INNER, WIDTH) for name in ("gate", "up")}
        matrices[f"blk.{layer}.ffn_down"] = (WIDTH, INNER)
    for name in norms:
        writer.add_tensor(f"{name}.weight", np.ones(WIDTH, np.float32))
    for name, shape in matrices.items():
        writer.add_tensor(f"{name}.weight", (draw.standard_normal(shape) * 0.3).astype(np.float32))


if __name__ == "__main__":
    main()
