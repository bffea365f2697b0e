"""A thin builder over onnx.helper: nodes named after what they compute, weights as initialisers."""
import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper

OPSET = 17
FLOAT, INT64, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL


class Graph:
    """Collects nodes and initialisers. `op` returns the name of the node's output, or a list where there are several."""

    def __init__(self, name, parent=None):
        self.name, self.parent = name, parent
        self.nodes, self.initialisers, self.known = [], [], set()

    def fresh(self, hint):
        root = self
        while root.parent:
            root = root.parent
        root.counter = getattr(root, 'counter', 0) + 1
        return f'{hint}_{root.counter}'

    def op(self, kind, *inputs, out=None, outputs=1, **attributes):
        names = ([out] if isinstance(out, str) else out) if out else [self.fresh(kind.lower()) for _ in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, name=self.fresh(kind), **attributes))
        return names[0] if outputs == 1 else names

    def weight(self, name, array):
        """An initialiser in the outermost graph, made once per name."""
        root = self
        while root.parent:
            root = root.parent
        if name not in root.known:
            root.known.add(name)
            root.initialisers.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def ints(self, *values):
        return self.weight('const_i64_' + '_'.join(map(str, values)).replace('-', 'm'), np.array(values, np.int64))

    def int0(self, value):
        return self.weight(f'scalar_i64_{value}'.replace('-', 'm'), np.array(value, np.int64))

    def number(self, value):
        return self.weight(f'scalar_f32_{value!r}', np.array(value, np.float32))

    def choose(self, condition, then_graph, then_outputs, else_graph, else_outputs, element=FLOAT, out=None):
        """An If node; the branches are Graphs whose parent is this one. Returns the output names, `out` if given."""
        def body(graph, outputs):
            infos = [helper.make_tensor_value_info(name, element, None) for name in outputs]
            return helper.make_graph(graph.nodes, graph.name, [], infos)
        return self.op('If', condition, out=out, outputs=len(then_outputs), then_branch=body(then_graph, then_outputs),
                       else_branch=body(else_graph, else_outputs))

    def finish(self, inputs, outputs, producer='sotto'):
        """A checked model; inputs and outputs are (name, element type, shape) with strings for symbolic sizes."""
        graph = helper.make_graph(self.nodes, self.name, [helper.make_tensor_value_info(*i) for i in inputs],
                                  [helper.make_tensor_value_info(*o) for o in outputs], self.initialisers)
        model = helper.make_model(graph, producer_name=producer, opset_imports=[helper.make_opsetid('', OPSET)])
        model.ir_version = 8
        checker.check_model(model)
        return model
