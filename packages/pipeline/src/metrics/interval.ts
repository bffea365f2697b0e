/**
 * An estimate and the interval around it that holds the truth in `confidence` of such measurements. A bound is
 * undefined where there is too little data for one.
 */
export type Interval = { readonly estimate: number; readonly low: number | undefined; readonly high: number | undefined };

/** Customary, and what every interval here has unless told otherwise. */
export const DEFAULT_CONFIDENCE = 0.95;
