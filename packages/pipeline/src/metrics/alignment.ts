/** One step from a reference to a hypothesis. A deletion is a token of the reference that was not recognised. */
export type AlignmentStep =
  | { readonly type: 'hit' | 'substitution'; readonly reference: string; readonly hypothesis: string }
  | { readonly type: 'deletion'; readonly reference: string }
  | { readonly type: 'insertion'; readonly hypothesis: string };

/** Above this many cells the table is split in two (Hirschberg 1975), which takes twice the time and little memory. */
const TABLE_CELL_COUNT_MAX = 1 << 26;

const DELETE = 1;
const INSERT = 2;

/**
 * A shortest sequence of hits, substitutions, deletions and insertions between two rows of tokens (Levenshtein 1966,
 * all errors costing one).
 *
 * Where several are shortest, the choice is that of jiwer 4 (RapidFuzz), because the split into
 * substitutions, deletions and insertions depends on it: common ends are hits; from the end backwards a deletion is
 * preferred to anything, and an insertion to a substitution only where the row before is one better.
 */
export function align(reference: readonly string[], hypothesis: readonly string[]): AlignmentStep[] {
  const ids = new Map<string, number>();
  const steps: AlignmentStep[] = [];
  let r = 0;
  let h = 0;
  for (const code of alignIds(tokenIds(reference, ids), tokenIds(hypothesis, ids))) {
    if (code === DELETE) steps.push({ type: 'deletion', reference: reference[r++]! });
    else if (code === INSERT) steps.push({ type: 'insertion', hypothesis: hypothesis[h++]! });
    else {
      const pair = { reference: reference[r++]!, hypothesis: hypothesis[h++]! };
      steps.push({ type: pair.reference === pair.hypothesis ? 'hit' : 'substitution', ...pair });
    }
  }
  return steps;
}

/** Comparing numbers is much faster than comparing words. */
function tokenIds(tokens: readonly string[], ids: Map<string, number>): Int32Array {
  return Int32Array.from(tokens, (token) => {
    const id = ids.get(token) ?? ids.size;
    ids.set(token, id);
    return id;
  });
}

/** A step each: `DELETE`, `INSERT`, or 0 for a hit or substitution. */
function alignIds(reference: Int32Array, hypothesis: Int32Array): number[] {
  let head = 0;
  while (head < reference.length && head < hypothesis.length && reference[head] === hypothesis[head]) head++;
  let tail = 0;
  while (tail < reference.length - head && tail < hypothesis.length - head && reference.at(-1 - tail) === hypothesis.at(-1 - tail)) tail++;
  const r = reference.subarray(head, reference.length - tail);
  const h = hypothesis.subarray(head, hypothesis.length - tail);
  const middle = r.length > 1 && r.length * h.length > TABLE_CELL_COUNT_MAX ? alignHalves(r, h) : traceBack(r, h, fillTable(r, h));
  return [...new Array<number>(head).fill(0), ...middle, ...new Array<number>(tail).fill(0)];
}

/**
 * Distances of all prefixes, as differences between neighbours: cell (i, j) has `DELETE` set when reference token i-1
 * costs one more, and `INSERT` when it costs one less.
 */
function fillTable(reference: Int32Array, hypothesis: Int32Array): Uint8Array {
  const width = reference.length;
  const table = new Uint8Array(width * hypothesis.length);
  let distances = Int32Array.from({ length: width + 1 }, (_, i) => i);
  for (let j = 0; j < hypothesis.length; j++) {
    const next = nextDistances(distances, reference, hypothesis[j]!);
    for (let i = 0; i < width; i++) {
      const rise = next[i + 1]! - next[i]!;
      table[j * width + i] = rise > 0 ? DELETE : rise < 0 ? INSERT : 0;
    }
    distances = next;
  }
  return table;
}

function nextDistances(distances: Int32Array, reference: Int32Array, token: number): Int32Array<ArrayBuffer> {
  const next = new Int32Array(distances.length);
  next[0] = distances[0]! + 1;
  for (let i = 0; i < reference.length; i++) {
    const replaced = distances[i]! + (reference[i] === token ? 0 : 1);
    next[i + 1] = Math.min(replaced, distances[i + 1]! + 1, next[i]! + 1);
  }
  return next;
}

function traceBack(reference: Int32Array, hypothesis: Int32Array, table: Uint8Array): number[] {
  const width = reference.length;
  const steps: number[] = [];
  let i = width;
  let j = hypothesis.length;
  while (i > 0 && j > 0) {
    if (table[(j - 1) * width + i - 1] === DELETE) {
      steps.push(DELETE);
      i--;
      continue;
    }
    j--;
    if (j > 0 && table[(j - 1) * width + i - 1] === INSERT) steps.push(INSERT);
    else {
      steps.push(0);
      i--;
    }
  }
  while (i-- > 0) steps.push(DELETE);
  while (j-- > 0) steps.push(INSERT);
  return steps.reverse();
}

/** Cuts the reference in the middle and the hypothesis where the two halves together are cheapest. */
function alignHalves(reference: Int32Array, hypothesis: Int32Array): number[] {
  const middle = reference.length >> 1;
  const forward = lastDistances(reference.subarray(0, middle), hypothesis);
  const backward = lastDistances(reference.slice(middle).reverse(), hypothesis.slice().reverse());
  let cut = 0;
  for (let j = 1; j <= hypothesis.length; j++) {
    if (forward[j]! + backward[hypothesis.length - j]! < forward[cut]! + backward[hypothesis.length - cut]!) cut = j;
  }
  return [...alignIds(reference.subarray(0, middle), hypothesis.subarray(0, cut)), ...alignIds(reference.subarray(middle), hypothesis.subarray(cut))];
}

/** Distance of the whole reference to every prefix of the hypothesis. */
function lastDistances(reference: Int32Array, hypothesis: Int32Array): Int32Array {
  let distances = Int32Array.from({ length: hypothesis.length + 1 }, (_, j) => j);
  for (const token of reference) distances = nextDistances(distances, hypothesis, token);
  return distances;
}
