export type * from './turn-waterfall.ts';
