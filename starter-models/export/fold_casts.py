"""Replaces a cast of a constant by the constant in the other type.

The exporter writes Python numbers as float64 constants with a cast behind them. WebGPU has no float64, so a runtime
that gives it the graph cannot place those casts anywhere.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

NUMPY_TYPES = {TensorProto.FLOAT: np.float32, TensorProto.INT64: np.int64, TensorProto.FLOAT16: np.float16}


def fold_constant_casts(model: onnx.ModelProto) -> int:
    """Folds in place until nothing is left to fold; returns how many casts went."""
    constants = {
        node.output[0]: numpy_helper.to_array(attribute.t)
        for node in model.graph.node if node.op_type == "Constant"
        for attribute in node.attribute if attribute.name == "value"
    }
    nodes, folded = [], 0
    for node in model.graph.node:
        target = node.attribute[0].i if node.op_type == "Cast" else None
        if target in NUMPY_TYPES and node.input[0] in constants:
            values = constants[node.input[0]].astype(NUMPY_TYPES[target])
            constants[node.output[0]] = values
            tensor = numpy_helper.from_array(values, node.output[0])
            nodes.append(helper.make_node("Constant", [], [node.output[0]], name=node.name, value=tensor))
            folded += 1
        else:
            nodes.append(node)
    used = {name for node in nodes for name in node.input} | {output.name for output in model.graph.output}
    nodes = [node for node in nodes if node.op_type != "Constant" or node.output[0] in used]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return folded
