// Some packages of prebuilt binaries declare processors they cannot run on (a cross-compiling host),
// which makes every plain install carry them. Naming the real target lets pnpm leave them out.
const processorOf = {
  '@node-llama-cpp/linux-arm64': ['arm64'],
  '@node-llama-cpp/linux-armv7l': ['arm'],
  '@node-llama-cpp/linux-x64': ['x64'],
  '@node-llama-cpp/mac-arm64-metal': ['arm64'],
  '@node-llama-cpp/mac-x64': ['x64'],
  '@node-llama-cpp/win-arm64': ['arm64'],
  '@node-llama-cpp/win-x64': ['x64'],
};

function readPackage(manifest) {
  const cpu = processorOf[manifest.name];
  if (cpu) manifest.cpu = cpu;
  return manifest;
}

module.exports = { hooks: { readPackage } };
