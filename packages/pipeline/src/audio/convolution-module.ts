/** Independent sums of four lanes each, enough to keep a processor's adders busy. */
const SUM_COUNT = 4;
/** Taps come in whole multiples of what one step of the inner loop takes in. */
export const TAP_COUNT_MULTIPLE = 4 * SUM_COUNT;

export type ConvolutionExports = {
  readonly memory: WebAssembly.Memory;
  /** The first three are addresses of float32 values, the steps as of {@link convolutionModule}; `count` is at least one. */
  readonly convolve: (coefficients: number, input: number, output: number, count: number, phase: number, tapBytes: number, up: number, wholeStepBytes: number, phaseStep: number) => void;
};

const I32 = 0x7f, V128 = 0x7b, FUNCTION = 0x60, NO_RESULT = 0x40;
const LOOP = 0x03, IF = 0x04, END = 0x0b, BRANCH_IF = 0x0d, GET = 0x20, SET = 0x21, TEE = 0x22;
const I32_CONST = 0x41, I32_LESS = 0x49, I32_NOT_LESS = 0x4f, I32_ADD = 0x6a, I32_SUBTRACT = 0x6b, I32_MULTIPLY = 0x6c;
const F32_STORE = 0x38, F32_ADD = 0x92;
const V128_LOAD = [0xfd, 0x00], V128_CONST = [0xfd, 0x0c], LANE = [0xfd, 0x1f], ADD = [0xfd, 0xe4, 0x01], MULTIPLY = [0xfd, 0xe6, 0x01];
/** log2 of the alignment promised to loads and stores: that of a float32. */
const FLOAT_ALIGNMENT = 2;

/** The locals: first the parameters, in the order of {@link ConvolutionExports}. */
const COEFFICIENTS = 0, INPUT = 1, OUTPUT = 2, COUNT = 3, PHASE = 4, TAP_BYTES = 5, UP = 6, WHOLE_STEP_BYTES = 7, PHASE_STEP = 8;
const TAP = 9, TAPS_END = 10, SAMPLE = 11, FIRST_SUM = 12;
const PARAMETER_COUNT = 9;

/**
 * The inner loops of a polyphase filter as a WebAssembly module, put together from its instructions because it is too
 * small to deserve a compiler. Format and opcodes: WebAssembly Core Specification 2.0, sections 5.3 to 5.5.
 *
 * `convolve` writes `count` outputs. Each is the sum of the products of the `tapBytes / 4` coefficients of the current
 * phase with as many inputs; then the input moves on by `wholeStepBytes`, the phase by `phaseStep`, and whenever the
 * phase passes `up`, the input by one more. The order of the sums does not depend on `count`.
 */
export function convolutionModule(): Uint8Array<ArrayBuffer> {
  const parameters = Array.from({ length: PARAMETER_COUNT }, () => [I32]);
  const locals = vector([[FIRST_SUM - TAP, I32], [SUM_COUNT, V128]]);
  return Uint8Array.from([
    ...[0x00, ...ascii('asm'), 1, 0, 0, 0],
    ...section(1, vector([[FUNCTION, ...vector(parameters), ...vector([])]])),
    ...section(3, vector([[0]])),
    ...section(5, vector([[0, 1]])),
    ...section(7, vector([[...sized(ascii('memory')), 2, 0], [...sized(ascii('convolve')), 0, 0]])),
    ...section(10, vector([sized([...locals, ...outputLoop(), END])])),
  ]);
}

const sums = Array.from({ length: SUM_COUNT }, (_, i) => FIRST_SUM + i);

function outputLoop(): number[] {
  return [
    ...[LOOP, NO_RESULT],
    ...[...get(COEFFICIENTS), ...get(PHASE), ...get(TAP_BYTES), I32_MULTIPLY, I32_ADD, TEE, TAP],
    ...[...get(TAP_BYTES), I32_ADD, SET, TAPS_END],
    ...[...get(INPUT), SET, SAMPLE],
    ...sums.flatMap((sum) => [...V128_CONST, ...new Array<number>(16).fill(0), SET, sum]),
    ...tapLoop(),
    ...[...get(OUTPUT), ...total(), F32_STORE, FLOAT_ALIGNMENT, 0],
    ...increase(OUTPUT, constant(4)),
    ...increase(INPUT, get(WHOLE_STEP_BYTES)),
    ...increase(PHASE, get(PHASE_STEP)),
    ...[...get(PHASE), ...get(UP), I32_NOT_LESS, IF, NO_RESULT],
    ...[...get(PHASE), ...get(UP), I32_SUBTRACT, SET, PHASE],
    ...[...increase(INPUT, constant(4)), END],
    ...[...get(COUNT), ...constant(1), I32_SUBTRACT, TEE, COUNT, BRANCH_IF, 0],
    END,
  ];
}

function tapLoop(): number[] {
  return [
    ...[LOOP, NO_RESULT],
    ...sums.flatMap((sum, i) => [...get(sum), ...load(TAP, 16 * i), ...load(SAMPLE, 16 * i), ...MULTIPLY, ...ADD, SET, sum]),
    ...increase(SAMPLE, constant(4 * TAP_COUNT_MULTIPLE)),
    ...increase(TAP, constant(4 * TAP_COUNT_MULTIPLE)),
    ...[...get(TAP), ...get(TAPS_END), I32_LESS, BRANCH_IF, 0],
    END,
  ];
}

/** The sums and their lanes, added up pair by pair, on the stack as one float32. */
function total(): number[] {
  const [a, b, c, d] = sums.map(get) as [number[], number[], number[], number[]];
  const all = [...a, ...b, ...ADD, ...c, ...d, ...ADD, ...ADD, SET, FIRST_SUM];
  const lane = (index: number) => [...get(FIRST_SUM), ...LANE, index];
  return [...all, ...lane(0), ...lane(1), F32_ADD, ...lane(2), ...lane(3), F32_ADD, F32_ADD];
}

const get = (local: number) => [GET, local];
const increase = (local: number, by: readonly number[]) => [...get(local), ...by, I32_ADD, SET, local];
const load = (address: number, offset: number) => [...get(address), ...V128_LOAD, FLOAT_ALIGNMENT, offset];
/** Below 8192: one or two bytes of signed LEB128. */
const constant = (value: number) => [I32_CONST, ...(value < 64 ? [value] : [(value & 0x7f) | 0x80, value >> 7])];

const ascii = (text: string) => [...text].map((character) => character.charCodeAt(0));
/** Below 16384: one or two bytes of unsigned LEB128. */
const length = (value: number) => (value < 128 ? [value] : [(value & 0x7f) | 0x80, value >> 7]);
const sized = (bytes: readonly number[]) => [...length(bytes.length), ...bytes];
const vector = (entries: readonly (readonly number[])[]) => [...length(entries.length), ...entries.flat()];
const section = (id: number, bytes: readonly number[]) => [id, ...sized(bytes)];
