/**
 * Bytes of text by bytes of its zlib compression: 1 to 2 for speech, far more for a loop.
 * openai/whisper takes more than 2.4 for a failed decoding.
 */
export async function compressionRatio(text: string): Promise<number> {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length === 0) return 1;
  const compressed = new Blob([bytes]).stream().pipeThrough(new CompressionStream('deflate'));
  return bytes.length / (await new Response(compressed).arrayBuffer()).byteLength;
}
