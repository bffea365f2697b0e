"""Read the weights of an exported float model back, so that training can go on where no checkpoint was kept."""
import json

import onnx
import torch
from onnx import numpy_helper

from .joint_projection import separate_projections
from .model import Shape


def shape_of(folder, phone_count):
    """The architecture written in the model folder's config.json."""
    config = json.loads((folder / 'config.json').read_text(encoding='utf-8'))
    return Shape(hidden_size=config['hidden_size'], intermediate_size=config['intermediate_size'],
                 encoder_layers=config['encoder_num_hidden_layers'], decoder_layers=config['decoder_num_hidden_layers'],
                 heads=config['encoder_num_attention_heads'], vocab_size=config['vocab_size'], phone_count=phone_count,
                 partial_rotary_factor=config['partial_rotary_factor'], rope_theta=config['rope_theta'])


def load_onnx(model, folder):
    """Fill `model` from the float graphs in the model folder; the phone head stays as initialised."""
    stored = {}
    for file in ('encoder_model.onnx', 'decoder_model_merged.onnx'):
        for tensor in onnx.load(str(folder / 'onnx' / file)).graph.initializer:
            stored[tensor.name] = torch.from_numpy(numpy_helper.to_array(tensor).copy())
    shape = model.shape
    for name in [name for name in stored if name.endswith('.qkv_proj.weight')]:
        parts = separate_projections(shape, stored[name].numpy())
        stored.update({name.replace('qkv', part): torch.from_numpy(value.T.copy()) for part, value in zip('qkv', parts)})
    missing = []
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            value = stored.get(name)
            if value is None:
                missing.append(name)
                continue
            if value.ndim == 2 and parameter.ndim == 2 and 'embed_tokens' not in name:
                value = value.t()
            parameter.copy_(value.reshape(parameter.shape))
    unexpected = [name for name in missing if not name.startswith('phone_head')]
    if unexpected:
        raise ValueError(f'{folder} holds no weights for {unexpected}: was it exported from another architecture?')
