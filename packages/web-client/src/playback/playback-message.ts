/** To the playback worklet. */
export type PlaybackCommand =
  /** Samples at the context's rate, transferred. `replyKey` numbers replies from 1 upwards. */
  | { readonly type: 'write'; readonly replyKey: number; readonly epoch: number; readonly samples: Float32Array }
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  | { readonly type: 'clear'; readonly epoch: number };

/** From the playback worklet. Sample counts are of the context's rate. */
export type PlaybackReport =
  | { readonly type: 'progress'; readonly replyKey: number; readonly playedSampleCount: number; readonly queuedSampleCount: number }
  /** The first audible sample of a reply, at this frame of the context's clock. */
  | { readonly type: 'audible'; readonly replyKey: number; readonly frame: number };
