export type KneeSearch<Step> = {
  /** Every load that was tried, in the order of trying. */
  readonly steps: readonly { readonly load: number; readonly holds: boolean; readonly step: Step }[];
  /** The most that held; undefined if not even one did. */
  readonly knee: number | undefined;
  /** Nothing failed up to the most that was allowed: the knee lies beyond. */
  readonly isBeyond: boolean;
};

/**
 * Where a growing load stops being held: doubling until it fails, then bisection between the last that held
 * and the first that did not, until they are neighbours or within `precision` of each other.
 * @param precision as a share of the load; 0.1 ends the search at 10 %.
 */
export async function findKnee<Step>(measure: (load: number) => Promise<{ readonly holds: boolean; readonly step: Step }>, options: { readonly maxLoad: number; readonly precision?: number }): Promise<KneeSearch<Step>> {
  const { maxLoad, precision = 0.1 } = options;
  const steps: { load: number; holds: boolean; step: Step }[] = [];
  const holds = async (load: number): Promise<boolean> => {
    steps.push({ load, ...(await measure(load)) });
    return steps.at(-1)!.holds;
  };
  let held = 0;
  let failed: number | undefined;
  for (let load = 1; failed === undefined && held < maxLoad; load = Math.min(maxLoad, load * 2)) {
    if (await holds(load)) held = load;
    else failed = load;
  }
  while (failed !== undefined && failed - held > Math.max(1, held * precision)) {
    const middle = Math.floor((held + failed) / 2);
    if (await holds(middle)) held = middle;
    else failed = middle;
  }
  return { steps, knee: held === 0 ? undefined : held, isBeyond: failed === undefined };
}
