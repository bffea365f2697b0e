/** Words after which English speakers hardly ever stop: an utterance that ends in one goes on. */
const LEANS_FORWARD = new Set(
  ('a an the my your his her our their this these some any every each no of to in on at by for from with without about into onto near than ' +
    'and or but so because if when while although unless until that which who whose as like ' +
    'is are was were am be been do does did can could will would shall should may might must have has had ' +
    "i'd i'm i'll we're they're it's what's where's there's let's i we they he she you please's um uh er erm hmm well maybe very quite really just also not").split(' '),
);

/** Verbs that want an object or a place: "how do i get" goes on. */
const WANTS_OBJECT = new Set('get give tell show set turn put want need buy find bring take switch play call make add keep send change like reach'.split(' '));

/** An auxiliary and its subject with no verb after them: "what time does the museum" goes on, "where is the museum" does not. */
const AWAITS_VERB = /\b(?:do|does|did|can|could|will|would|shall|should|may|might|must)(?: (?:the|a|an|my|your|our|this|that|these|those|any|all))?(?: [a-z']+){1,2}$/;

/** Verbs that end such a question. */
const ENDS_QUESTION = new Set(
  'open close shut start begin end finish stop leave depart arrive go come run work cost last meet serve sell happen mean know say do help eat drink sit stay park pay book visit enter smoke swim'.split(' '),
);

/** "could you tell me where the lift is": the verb of an asked-about thing comes last. */
const INDIRECT_QUESTION = /\b(?:where|when|what|who|how|which) (?:the|a|an|my|your|our|it|that|this|they|he|she)\b.* (?:is|are|was|were)$/;

/** Whole utterances that are finished however short they are. */
const COMPLETE_ALONE = new Set(
  ('yes no yeah yep nope okay ok stop cancel thanks hello hi hey bye goodbye sure please never mind nevermind thank you that is all ' +
    'good morning good evening good afternoon good night say that again repeat help pardon sorry what').split(' '),
);

const OPENS_QUESTION = /^(what|where|when|who|why|how|which|is|are|do|does|did|can|could|will|would|may|have|has)\b/;

/**
 * How finished an utterance sounds from its words alone, in [0, 1]: 0 certainly goes on, 1 certainly done.
 *
 * A rule of thumb over the last word, the length and the opening, for recognisers
 * that emit no punctuation; punctuation decides when it is there.
 */
export function utteranceCompleteness(text: string): number {
  const trimmed = text.trim().toLowerCase();
  if (trimmed === '') return 0;
  if (/(\.\.\.|…|,|-|—)$/.test(trimmed)) return 0.1;
  if (/[.!?]["')\]]?$/.test(trimmed)) return 1;
  const words = trimmed.replace(/[^\p{L}\p{N}' ]/gu, ' ').split(/\s+/).filter(Boolean);
  const last = words.at(-1);
  if (last === undefined) return 0;
  if (words.length <= 3 && words.every((word) => COMPLETE_ALONE.has(word))) return 1;
  if (INDIRECT_QUESTION.test(words.join(' '))) return 0.9;
  if (LEANS_FORWARD.has(last)) return 0;
  if (words.length === 1) return 0.4;
  if (WANTS_OBJECT.has(last)) return 0.2;
  if (AWAITS_VERB.test(words.join(' ')) && !ENDS_QUESTION.has(last)) return 0.3;
  if (OPENS_QUESTION.test(trimmed)) return words.length >= 4 ? 0.95 : 0.6;
  return words.length >= 3 ? 0.85 : 0.6;
}
