import { describe, expect, it } from 'vitest';
import { align, type AlignmentStep } from './alignment.ts';
import { seededRandom } from './seeded-random.ts';

/**
 * The oracle: all distances by recursion on prefixes, and the path by asking, from the end backwards, which step explains the
 * distance. It shares nothing with the implementation but the rules: common ends first, deletion before all, insertion only where
 * leaving out the hypothesis token beats leaving out both.
 */
function oracle(reference: string[], hypothesis: string[]) {
  let head = 0;
  while (head < Math.min(reference.length, hypothesis.length) && reference[head] === hypothesis[head]) head++;
  const r = reference.slice(head);
  const h = hypothesis.slice(head);
  let tail = 0;
  while (r.length > 0 && h.length > 0 && r.at(-1) === h.at(-1)) {
    r.pop();
    h.pop();
    tail++;
  }
  const known = new Map<string, number>();
  const distance = (i: number, j: number): number => {
    if (i === 0 || j === 0) return i + j;
    const key = `${i},${j}`;
    const cached = known.get(key);
    if (cached !== undefined) return cached;
    const value = r[i - 1] === h[j - 1] ? distance(i - 1, j - 1) : 1 + Math.min(distance(i - 1, j - 1), distance(i - 1, j), distance(i, j - 1));
    known.set(key, value);
    return value;
  };
  const path: string[] = [];
  let i = r.length, j = h.length;
  while (i > 0 || j > 0) {
    if (j === 0 || (i > 0 && distance(i, j) === distance(i - 1, j) + 1)) path.unshift(`-${r[--i]}`);
    else if (i === 0 || (j > 1 && distance(i, j - 1) === distance(i - 1, j - 1) - 1)) path.unshift(`+${h[--j]}`);
    else path.unshift(`${r[--i]}/${h[--j]}`);
  }
  const ends = (from: number, count: number) => reference.slice(from, from + count).map((token) => `${token}/${token}`);
  return { distance: distance(r.length, h.length), path: [...ends(0, head), ...path, ...ends(reference.length - tail, tail)] };
}

function written(step: AlignmentStep): string {
  if (step.type === 'deletion') return `-${step.reference}`;
  if (step.type === 'insertion') return `+${step.hypothesis}`;
  expect(step.type).toBe(step.reference === step.hypothesis ? 'hit' : 'substitution');
  return `${step.reference}/${step.hypothesis}`;
}

describe('align', () => {
  it('agrees with the oracle on 12,000 random pairs', () => {
    const random = seededRandom(20);
    const pick = (count: number) => Math.floor(random() * count);
    for (let n = 0; n < 12_000; n++) {
      const alphabet = 'abcdefgh'.slice(0, 2 + pick(7));
      const tokens = (count: number) => Array.from({ length: count }, () => alphabet[pick(alphabet.length)]!);
      const reference = tokens(pick(13));
      // Half of the hypotheses are garbled references, as transcripts are, and half are unrelated.
      const hypothesis = n % 2 === 0 ? tokens(pick(13)) : reference.flatMap((token) => (random() < 0.7 ? [token] : tokens(pick(3))));
      const expected = oracle(reference, hypothesis);
      const steps = align(reference, hypothesis);
      const context = `${reference.join('')} → ${hypothesis.join('')}`;
      if (steps.map(written).join(' ') !== expected.path.join(' ')) expect(steps.map(written), context).toEqual(expected.path);
      if (steps.filter(({ type }) => type !== 'hit').length !== expected.distance) expect.fail(`${context}: distance ${expected.distance}`);
    }
  });

  it.each([
    ['ab', 'bc', 'a/b b/c'],
    ['abc', 'bcd', '-a b/b c/c +d'],
    ['abcb', 'bb', '-a b/b -c b/b'],
    ['aab', 'ab', 'a/a -a b/b'],
    ['ab', 'aab', 'a/a +a b/b'],
    ['', 'ab', '+a +b'],
    ['ab', '', '-a -b'],
    ['', '', ''],
  ])('%s to %s by %s', (reference, hypothesis, path) => {
    expect(align([...reference], [...hypothesis]).map(written).join(' ')).toBe(path);
  });

  it('finds a shortest way also where the table is too large to be kept whole', () => {
    const random = seededRandom(3);
    const reference = Array.from({ length: 9000 }, () => String(Math.floor(random() * 500)));
    const hypothesis = reference.flatMap((token, index) => (index % 10 === 3 ? [] : index % 10 === 7 ? ['x', token] : [token]));
    const steps = align(reference, hypothesis);
    expect(steps.flatMap((step) => ('reference' in step ? [step.reference] : []))).toEqual(reference);
    expect(steps.flatMap((step) => ('hypothesis' in step ? [step.hypothesis] : []))).toEqual(hypothesis);
    expect(steps.filter(({ type }) => type !== 'hit').length).toBeLessThanOrEqual(1800);
    expect(steps.filter(({ type }) => type === 'deletion').length - steps.filter(({ type }) => type === 'insertion').length).toBe(reference.length - hypothesis.length);
  });
});
