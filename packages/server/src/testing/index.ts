export { type Dimensions, type ElementType, OnnxGraph, onnxModel } from './onnx-writer.ts';
export { QWEN3_0_6B_SHAPE, randomGguf, type RandomGgufOptions, type RandomGgufShape, TINY_SHAPE } from './random-gguf.ts';
export { type StreamedBytes, writeStreamed } from './streamed-bytes.ts';
