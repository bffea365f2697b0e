"""Write the model folder from a checkpoint: `python3 -m stt.export` (run in starter-models/).

Graph inputs, outputs and file layout are those of the public Moonshine ONNX repositories, float and 8-bit. The merged
decoder is one graph: an empty past and a filled one take the same path, and `use_cache_branch` only chooses whether the
cross-attention keys and values are computed from the encoder output or taken from the cache.
"""
import argparse
import json
from pathlib import Path

import numpy as np
import onnx
import torch

from export.onnx_graph import BOOL, FLOAT, INT64, Graph
from export.quantize_int8 import quantise

from .joint_projection import join_projections
from .model import Shape
from .tokenizer import Tokenizer

HERE = Path(__file__).parent


class Layers:
    """The model's building blocks as ONNX nodes, with weights from a state dict."""

    def __init__(self, graph, shape, weights):
        self.g, self.shape, self.weights = graph, shape, weights

    def tensor(self, name, transpose=False):
        value = self.weights[name]
        return self.g.weight(name, value.T if transpose else value)

    def linear(self, x, name, graph=None):
        g = graph or self.g
        y = g.op('MatMul', x, self.tensor(f'{name}.weight', transpose=True))
        return g.op('Add', y, self.tensor(f'{name}.bias')) if f'{name}.bias' in self.weights else y

    def norm(self, x, name):
        return self.g.op('LayerNormalization', x, self.tensor(f'{name}.weight'), axis=-1, epsilon=1e-5)

    def gelu(self, x):
        g = self.g
        erf = g.op('Erf', g.op('Div', x, g.number(float(np.sqrt(2.0)))))
        return g.op('Mul', g.op('Mul', x, g.op('Add', erf, g.number(1.0))), g.number(0.5))

    def split(self, x, graph=None):
        g = graph or self.g
        heads = g.op('Reshape', x, g.ints(0, 0, self.shape.heads, self.shape.head_dim))
        return g.op('Transpose', heads, perm=[0, 2, 1, 3])

    def queries_keys_values(self, x, name, tables):
        """Rotated queries and keys, and values, [1, heads, positions, head_dim] each, from one matrix product."""
        g, shape = self.g, self.shape
        joint = join_projections(shape, *(self.weights[f'{name}.{part}_proj.weight'] for part in 'qkv'))
        y = g.op('MatMul', x, g.weight(f'{name}.qkv_proj.weight', joint))
        y = g.op('Reshape', y, g.ints(0, 0, 3 * shape.heads, shape.head_dim))
        y = g.op('Transpose', y, perm=[0, 2, 1, 3])
        turning, v = g.op('Split', y, g.ints(2 * shape.heads, shape.heads), outputs=2, axis=1)
        q, k = g.op('Split', self.rotate(turning, tables), outputs=2, axis=1)
        return q, k, v

    def rotary_tables(self, first, count):
        """cos and signed sin [count, head_dim] for positions first … first+count−1; 1 and 0 beyond the rotary part."""
        g, shape = self.g, self.shape
        inverse = np.zeros(shape.head_dim // 2, np.float32)
        steps = np.arange(0, shape.rotary_dim, 2, dtype=np.float32)
        inverse[:shape.rotary_dim // 2] = shape.rope_theta ** (-steps / shape.rotary_dim)
        inverse = np.tile(inverse, 2)
        sign = np.repeat(np.array([-1, 1], np.float32), shape.head_dim // 2)
        end = g.op('Add', first, count)
        position = g.op('Unsqueeze', g.op('Cast', g.op('Range', first, end, g.int0(1)), to=FLOAT), g.ints(1))
        angle = g.op('Mul', position, g.weight('rotary_inverse', inverse[None]))
        return g.op('Cos', angle), g.op('Mul', g.op('Sin', angle), g.weight('rotary_sign', sign[None]))

    def rotate(self, x, tables):
        """x·cos + swap(x)·sin, where swap exchanges the two channels of each pair: the two halves of a head."""
        g = self.g
        first, second = g.op('Split', x, outputs=2, axis=-1)
        swapped = g.op('Concat', second, first, axis=-1)
        return g.op('Add', g.op('Mul', x, tables[0]), g.op('Mul', swapped, tables[1]))

    def attend(self, q, k, v, name, mask=None):
        g, shape = self.g, self.shape
        scaled = g.op('Mul', q, g.number(float(np.float32(shape.head_dim ** -0.5))))
        scores = g.op('MatMul', scaled, g.op('Transpose', k, perm=[0, 1, 3, 2]))
        if mask:
            scores = g.op('Add', scores, mask)
        mixed = g.op('MatMul', g.op('Softmax', scores, axis=-1), v)
        joined = g.op('Reshape', g.op('Transpose', mixed, perm=[0, 2, 1, 3]), g.ints(0, 0, shape.hidden_size))
        return self.linear(joined, f'{name}.o_proj')

    def size(self, x, axis):
        g = self.g
        return g.op('Gather', g.op('Shape', x), g.int0(axis))


def encoder_model(shape, weights):
    g = Graph('encoder')
    L = Layers(g, shape, weights)

    def conv(x, name, stride):
        bias = [L.tensor(f'encoder.{name}.bias')] if f'encoder.{name}.bias' in weights else []
        return g.op('Conv', x, L.tensor(f'encoder.{name}.weight'), *bias, strides=[stride])

    x = g.op('Tanh', conv(g.op('Unsqueeze', 'input_values', g.ints(1)), 'conv1', 64))
    centred = g.op('Sub', x, g.op('ReduceMean', x, axes=[1, 2], keepdims=1))
    variance = g.op('ReduceMean', g.op('Mul', centred, centred), axes=[1, 2], keepdims=1)
    x = g.op('Div', centred, g.op('Sqrt', g.op('Add', variance, g.number(1e-5))))
    scale = g.weight('encoder.groupnorm.weight', weights['encoder.groupnorm.weight'][:, None])
    x = g.op('Add', g.op('Mul', x, scale), g.weight('encoder.groupnorm.bias', weights['encoder.groupnorm.bias'][:, None]))
    x = L.gelu(conv(L.gelu(conv(x, 'conv2', 3)), 'conv3', 2))
    x = g.op('Transpose', x, perm=[0, 2, 1])
    tables = L.rotary_tables(g.int0(0), L.size(x, 1))
    for index in range(shape.encoder_layers):
        name = f'encoder.layers.{index}'
        y = L.norm(x, f'{name}.input_layernorm')
        x = g.op('Add', x, L.attend(*L.queries_keys_values(y, f'{name}.self_attn', tables), f'{name}.self_attn'))
        y = L.gelu(L.linear(L.norm(x, f'{name}.post_attention_layernorm'), f'{name}.fc1'))
        x = g.op('Add', x, L.linear(y, f'{name}.fc2'))
    g.op('LayerNormalization', x, L.tensor('encoder.layer_norm.weight'), out='last_hidden_state', axis=-1, epsilon=1e-5)
    return g.finish([('input_values', FLOAT, ['batch_size', 'num_samples'])],
                    [('last_hidden_state', FLOAT, ['batch_size', 'encoder_sequence_length', shape.hidden_size])])


def decoder_model(shape, weights):
    g = Graph('decoder')
    L = Layers(g, shape, weights)
    past = {(i, side, kind): f'past_key_values.{i}.{side}.{kind}' for i in range(shape.decoder_layers)
            for side in ('decoder', 'encoder') for kind in ('key', 'value')}
    x = g.op('Gather', L.tensor('decoder.embed_tokens.weight'), 'input_ids')
    done, fresh = L.size(past[0, 'decoder', 'key'], 2), L.size('input_ids', 1)
    tables = L.rotary_tables(done, fresh)
    total = g.op('Add', done, fresh)
    rows = g.op('Unsqueeze', g.op('Range', done, total, g.int0(1)), g.ints(1))
    columns = g.op('Unsqueeze', g.op('Range', g.int0(0), total, g.int0(1)), g.ints(0))
    mask = g.op('Where', g.op('Greater', columns, rows), g.number(-1e9), g.number(0.0))
    for index in range(shape.decoder_layers):
        name = f'decoder.layers.{index}'
        y = L.norm(x, f'{name}.input_layernorm')
        q, k, v = L.queries_keys_values(y, f'{name}.self_attn', tables)
        k = g.op('Concat', past[index, 'decoder', 'key'], k, out=f'present.{index}.decoder.key', axis=2)
        v = g.op('Concat', past[index, 'decoder', 'value'], v, out=f'present.{index}.decoder.value', axis=2)
        x = g.op('Add', x, L.attend(q, k, v, f'{name}.self_attn', mask))
        k, v = cross_cache(g, L, index, past)
        q = L.split(L.linear(L.norm(x, f'{name}.post_attention_layernorm'), f'{name}.encoder_attn.q_proj'))
        x = g.op('Add', x, L.attend(q, k, v, f'{name}.encoder_attn'))
        value, gate = g.op('Split', L.linear(L.norm(x, f'{name}.final_layernorm'), f'{name}.fc1'), outputs=2, axis=-1)
        y = g.op('Mul', g.op('Mul', gate, g.op('Sigmoid', gate)), value)
        x = g.op('Add', x, L.linear(y, f'{name}.fc2'))
    x = L.norm(x, 'decoder.norm')
    g.nodes.append(onnx.helper.make_node('Transpose', ['decoder.embed_tokens.weight'], ['output_weight'], perm=[1, 0], name='tie'))
    g.op('MatMul', x, 'output_weight', out='logits')
    cache = ['batch_size', shape.heads]
    lengths = dict(decoder='past_decoder_sequence_length', encoder='encoder_sequence_length_out')
    inputs = [('input_ids', INT64, ['batch_size', 'decoder_sequence_length']),
              ('encoder_hidden_states', FLOAT, ['batch_size', 'encoder_sequence_length', shape.hidden_size])]
    inputs += [(name, FLOAT, [*cache, lengths[side], shape.head_dim]) for (_, side, _), name in past.items()]
    inputs += [('use_cache_branch', BOOL, [1])]
    outputs = [('logits', FLOAT, ['batch_size', 'decoder_sequence_length', shape.vocab_size])]
    outputs += [(f'present.{i}.{side}.{kind}', FLOAT, [*cache, lengths[side].replace('past_', 'total_'), shape.head_dim])
                for i, side, kind in past]
    return g.finish(inputs, outputs)


def cross_cache(g, L, index, past):
    """Cross-attention keys and values: from the cache, or from the encoder output in the first step."""
    cached, computed = Graph(f'cached_{index}', g), Graph(f'computed_{index}', g)
    kept = [cached.op('Identity', past[index, 'encoder', kind]) for kind in ('key', 'value')]
    made = [L.split(L.linear('encoder_hidden_states', f'decoder.layers.{index}.encoder_attn.{part}_proj', computed), computed)
            for part in 'kv']
    present = [f'present.{index}.encoder.{kind}' for kind in ('key', 'value')]
    return g.choose('use_cache_branch', cached, kept, computed, made, out=present)


def configurations(shape):
    """config.json, generation_config.json and preprocessor_config.json."""
    config = dict(
        architectures=['MoonshineForConditionalGeneration'], model_type='moonshine', attention_bias=False, attention_dropout=0.0,
        bos_token_id=1, eos_token_id=2, pad_token_id=2, decoder_start_token_id=1, is_encoder_decoder=True,
        hidden_size=shape.hidden_size, intermediate_size=shape.intermediate_size, vocab_size=shape.vocab_size,
        encoder_num_hidden_layers=shape.encoder_layers, decoder_num_hidden_layers=shape.decoder_layers,
        encoder_num_attention_heads=shape.heads, decoder_num_attention_heads=shape.heads,
        encoder_num_key_value_heads=shape.heads, decoder_num_key_value_heads=shape.heads,
        encoder_hidden_act='gelu', decoder_hidden_act='silu', initializer_range=0.02, max_position_embeddings=194,
        partial_rotary_factor=shape.partial_rotary_factor, rope_theta=shape.rope_theta, tie_word_embeddings=True,
        use_cache=True, torch_dtype='float32')
    generation = dict(bos_token_id=1, eos_token_id=2, pad_token_id=2, decoder_start_token_id=1, max_length=194)
    preprocessor = dict(feature_extractor_type='MoonshineFeatureExtractor', feature_size=1, padding_value=0.0, sampling_rate=16000,
                        do_normalize=False, return_attention_mask=False)
    return {'config.json': config, 'generation_config.json': generation, 'preprocessor_config.json': preprocessor}


def export(checkpoint, folder, weights_name='average'):
    """Write the whole model folder from a checkpoint file's weights: their moving average, or the last ones ('model')."""
    stored = torch.load(checkpoint, map_location='cpu')
    shape = Shape(**stored['shape'])
    weights = {name: value.float().numpy() for name, value in stored[weights_name].items()}
    folder = Path(folder)
    (folder / 'onnx').mkdir(parents=True, exist_ok=True)
    for name, build in (('encoder_model', encoder_model), ('decoder_model_merged', decoder_model)):
        onnx.save(build(shape, weights), str(folder / 'onnx' / f'{name}.onnx'))
        quantise(str(folder / 'onnx' / f'{name}.onnx'), str(folder / 'onnx' / f'{name}_quantized.onnx'))
    for name, content in configurations(shape).items():
        (folder / name).write_text(json.dumps(content, indent=2) + '\n', encoding='utf-8')
    Tokenizer.load(Path(checkpoint).parent / 'tokenizer.json').save(folder)
    return stored['step']


def main():
    from .train import train_folder
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--checkpoint', default=str(train_folder() / 'checkpoint.pt'))
    parser.add_argument('--out', default=str(HERE))
    parser.add_argument('--weights', choices=['average', 'model'], default='average')
    options = parser.parse_args()
    print('exported step', export(options.checkpoint, options.out, options.weights))


if __name__ == '__main__':
    main()
