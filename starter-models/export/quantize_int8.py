"""Dynamic 8-bit rewrite of a float ONNX model: DynamicQuantizeLinear → MatMulInteger → scale per output channel.

Weights become unsigned with the zero point at 128: signed weights overflow the 16-bit sums of processors with AVX2 but
without VNNI. Convolutions stay in float. Usage: python3 -m export.quantize_int8 in.onnx out.onnx
"""
import sys

import numpy as np
import onnx
from onnx import AttributeProto, helper, numpy_helper

SMALLEST_SIDE = 32


def quantise_columns(weight):
    """[rows, columns] float → (uint8 around 128, scale per column)."""
    scale = np.maximum(np.abs(weight).max(0), 1e-12) / 127.0
    return (np.round(weight / scale) + 128).clip(1, 255).astype(np.uint8), scale.astype(np.float32)


class Rewriter:
    def __init__(self, model):
        self.model = model
        self.weights = {t.name: t for t in model.graph.initializer}
        self.added, self.count = {}, 0
        self.fold_transposes()

    def fold_transposes(self):
        """A transposed weight (the tied output projection) is a weight too."""
        for node in [n for n in self.model.graph.node if n.op_type == 'Transpose' and n.input[0] in self.weights]:
            turned = numpy_helper.to_array(self.weights[node.input[0]]).transpose(*node.attribute[0].ints)
            self.weights[node.output[0]] = numpy_helper.from_array(np.ascontiguousarray(turned), node.output[0])
            self.model.graph.node.remove(node)

    def add(self, name, array):
        self.added.setdefault(name, numpy_helper.from_array(array, name))
        return name

    def quantised_weight(self, name):
        """Names of the 8-bit matrix and of its scale; None when `name` is no matrix worth it."""
        tensor = self.weights.get(name)
        if tensor is None or len(tensor.dims) != 2 or min(tensor.dims) < SMALLEST_SIDE or tensor.data_type != 1:
            return None
        if f'{name}_quantized' not in self.added:
            values, scale = quantise_columns(numpy_helper.to_array(tensor))
            self.add(f'{name}_quantized', values)
            self.add(f'{name}_scale', scale)
        return f'{name}_quantized', f'{name}_scale'

    def matmul(self, node, names, seen):
        values, scale = names
        zero = self.add('zero_point_128', np.array(128, np.uint8))
        source = node.input[0]
        nodes = []
        if source not in seen:
            self.count += 1
            seen[source] = [f'{source}_q{self.count}_{part}' for part in ('values', 'scale', 'zero')]
            nodes.append(helper.make_node('DynamicQuantizeLinear', [source], seen[source], name=f'quantize_{self.count}'))
        a, a_scale, a_zero = seen[source]
        out = node.output[0]
        nodes += [
            helper.make_node('MatMulInteger', [a, values, a_zero, zero], [f'{out}_int'], name=f'{node.name}_int'),
            helper.make_node('Cast', [f'{out}_int'], [f'{out}_float'], name=f'{node.name}_cast', to=1),
            helper.make_node('Mul', [a_scale, scale], [f'{out}_scale'], name=f'{node.name}_scales'),
            helper.make_node('Mul', [f'{out}_float', f'{out}_scale'], [out], name=f'{node.name}_scaled')]
        return nodes

    def gather(self, node, table):
        """An embedding: rows are quantised one by one."""
        values, scale = quantise_columns(numpy_helper.to_array(table).T)
        out = node.output[0]
        self.add(f'{table.name}_rows', np.ascontiguousarray(values.T))
        self.add(f'{table.name}_row_scale', scale[:, None])
        offset = self.add('offset_128', np.array(128, np.float32))
        return [
            helper.make_node('Gather', [f'{table.name}_rows', node.input[1]], [f'{out}_u8'], name=f'{node.name}_u8'),
            helper.make_node('Cast', [f'{out}_u8'], [f'{out}_float'], name=f'{node.name}_cast', to=1),
            helper.make_node('Sub', [f'{out}_float', offset], [f'{out}_centred'], name=f'{node.name}_centre'),
            helper.make_node('Gather', [f'{table.name}_row_scale', node.input[1]], [f'{out}_row'], name=f'{node.name}_row'),
            helper.make_node('Mul', [f'{out}_centred', f'{out}_row'], [out], name=f'{node.name}_scaled')]

    def rewrite(self, graph):
        nodes, seen = [], {}
        for node in graph.node:
            for attribute in node.attribute:
                if attribute.type == AttributeProto.GRAPH:
                    self.rewrite(attribute.g)
            names = self.quantised_weight(node.input[1]) if node.op_type == 'MatMul' else None
            table = self.weights.get(node.input[0]) if node.op_type == 'Gather' else None
            if names:
                nodes += self.matmul(node, names, seen)
            elif table is not None and len(table.dims) == 2 and table.data_type == 1:
                nodes += self.gather(node, table)
            else:
                nodes.append(node)
        del graph.node[:]
        graph.node.extend(nodes)

    def used(self, graph):
        names = set()
        for node in graph.node:
            names.update(node.input)
            for attribute in node.attribute:
                if attribute.type == AttributeProto.GRAPH:
                    names |= self.used(attribute.g)
        return names

    def run(self):
        graph = self.model.graph
        self.rewrite(graph)
        kept = list(self.weights.values()) + list(self.added.values())
        used = self.used(graph)
        del graph.initializer[:]
        graph.initializer.extend(t for t in kept if t.name in used)
        onnx.checker.check_model(self.model)
        return self.model


def quantise(source, target):
    onnx.save(Rewriter(onnx.load(source)).run(), target)


if __name__ == '__main__':
    quantise(sys.argv[1], sys.argv[2])
