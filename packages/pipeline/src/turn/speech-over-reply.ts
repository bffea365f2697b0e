/** What speech over a reply turned out to be. */
export type SpeechOverReply =
  /** No words. */
  | 'nothing'
  /** The loudspeaker heard by the microphone. */
  | 'echo'
  /** "mm-hm": the listener agrees and does not want the floor. */
  | 'backchannel'
  /** Someone wants to speak. */
  | 'words';

const BACKCHANNELS = new Set(
  ('mm mmm mhm mm-hm mmhm hmm hm uh-huh uhuh huh uh um ah oh aha yeah yes yep yup ok okay right sure i see got it good great nice cool wow really').split(' '),
);

/** Words that always take the floor, even when the reply said them too. */
const COMMANDS = new Set('stop wait cancel quiet shush pause enough no sorry excuse hey hold'.split(' '));

/** Longest backchannel; "yeah okay right I see" is still one, a fifth word makes it an utterance. */
const BACKCHANNEL_WORD_COUNT_MAX = 4;
/** Share of the words that must have just been spoken by us for the speech to be our own echo. */
const ECHO_OVERLAP_RATIO_MIN = 0.75;

/**
 * Tells an interruption from an echo or a backchannel by its words.
 * @param text what was recognised over the reply.
 * @param recentlySpoken the reply's text that was audible within the last seconds.
 */
export function classifySpeechOverReply(text: string, recentlySpoken: string): SpeechOverReply {
  const words = wordsOf(text);
  if (words.length === 0) return 'nothing';
  if (words.some((word) => COMMANDS.has(word))) return 'words';
  if (words.length <= BACKCHANNEL_WORD_COUNT_MAX && words.every((word) => BACKCHANNELS.has(word))) return 'backchannel';
  const spoken = new Set(wordsOf(recentlySpoken));
  const overlapCount = words.filter((word) => spoken.has(word)).length;
  return overlapCount / words.length >= ECHO_OVERLAP_RATIO_MIN ? 'echo' : 'words';
}

/**
 * Whether words that may not be all yet show that someone wants to speak: a command, or more of them than a listener's
 * agreement has. Half an "okay" is heard as anything, so fewer words say nothing before they have ended.
 */
export function takesTheFloor(text: string): boolean {
  const words = wordsOf(text);
  return words.length > BACKCHANNEL_WORD_COUNT_MAX || words.some((word) => COMMANDS.has(word));
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().replace(/[^\p{L}\p{N}'\- ]/gu, ' ').split(/\s+/).filter(Boolean);
}
