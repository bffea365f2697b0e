"""The trained model as a GGUF file of the llama architecture, with its tokenizer and chat template."""

from pathlib import Path

import torch

from .gguf_writer import write_gguf
from .model import Llama
from .tokenizer import END_OF_TEXT, SPECIALS, TURN_END, Tokenizer

CONTEXT = 2048
NORMAL, CONTROL = 1, 3
MOSTLY_Q8_0 = 7
CHATML = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
BLOCK_PARTS = ("attn_norm", "attn_q", "attn_k", "attn_v", "attn_output", "ffn_norm", "ffn_gate", "ffn_up", "ffn_down")


def tensor_names(model: Llama) -> dict[str, torch.Tensor]:
    """Each weight under its GGUF name; the output matrix is tied to the embedding."""
    names = {"token_embd.weight": model.token_embd.weight, "output_norm.weight": model.output_norm.weight}
    for at, block in enumerate(model.blocks):
        for part in BLOCK_PARTS:
            names[f"blk.{at}.{part}.weight"] = getattr(block, part).weight
    return names


def export(model: Llama, tokenizer: Tokenizer, path: Path) -> None:
    """Write `path`."""
    config = model.config
    metadata = {
        "general.architecture": "llama",
        "general.name": "Sotto starter chat",
        "general.license": "mit",
        "general.file_type": MOSTLY_Q8_0,
        "general.quantization_version": 2,
        "llama.context_length": CONTEXT,
        "llama.embedding_length": config.width,
        "llama.block_count": config.layers,
        "llama.feed_forward_length": config.hidden,
        "llama.attention.head_count": config.heads,
        "llama.attention.head_count_kv": config.heads,
        "llama.attention.layer_norm_rms_epsilon": config.norm_eps,
        "llama.rope.dimension_count": config.head_width,
        "llama.rope.freq_base": config.rope_base,
        "llama.vocab_size": config.vocab_size,
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "gpt-2",
        "tokenizer.ggml.tokens": tokenizer.tokens,
        "tokenizer.ggml.token_type": [CONTROL] * len(SPECIALS) + [NORMAL] * (len(tokenizer.tokens) - len(SPECIALS)),
        "tokenizer.ggml.merges": [" ".join(pair) for pair in tokenizer.merges],
        "tokenizer.ggml.bos_token_id": END_OF_TEXT,
        "tokenizer.ggml.eos_token_id": TURN_END,
        "tokenizer.ggml.padding_token_id": END_OF_TEXT,
        "tokenizer.ggml.add_bos_token": True,
        "tokenizer.chat_template": CHATML,
    }
    tensors = {name: weight.detach().float().cpu().numpy() for name, weight in tensor_names(model).items()}
    partial = path.with_suffix(".partial")
    write_gguf(partial, metadata, tensors)
    partial.replace(path)
