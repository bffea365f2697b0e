import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findAbbreviation } from './abbreviations.ts';
import { cleanForSpeech, SpokenTextCleaner } from './spoken-text-cleaner.ts';

/** Written text and how it is said, by kind. */
const CASES: Readonly<Record<string, readonly (readonly [written: string, spoken: string])[]>> = {
  'plain text': [
    ['The café is on the first floor.', 'The café is on the first floor.'],
    ['Yes, it is: open today; come in!', 'Yes, it is: open today; come in!'],
    ['“Really?” she asked — twice.', '“Really?” she asked — twice.'],
    ['Well... maybe', 'Well... maybe'],
    ['No. That is wrong.', 'No. That is wrong.'],
    ['May I help you?', 'May I help you?'],
    ['Two  spaces\tand a tab', 'Two spaces and a tab'],
    ['one line\nthe next', 'one line the next'],
    ['A paragraph\n\nAnother one', 'A paragraph. Another one'],
    ['Great!!!', 'Great!'],
  ],
  markdown: [
    ['**Bold** and *italic* and __both__', 'Bold and italic and both'],
    ['~~old~~ new', 'old new'],
    ['# Opening hours\n\nWe open at nine.', 'Opening hours. We open at nine.'],
    ['### Tickets ###', 'Tickets'],
    ['- apples\n- pears\n\nThat is all.', 'apples. pears. That is all.'],
    ['* one\n* two', 'one. two'],
    ['- [x] done\n- [ ] open', 'done. open'],
    ['1. Go in\n2. Sit down', 'one, Go in. two, Sit down'],
    ['> A wise word\n\nSaid he.', 'A wise word. Said he.'],
    ['Above\n\n---\n\nBelow', 'Above. Below'],
    ['Use `npm install` now', 'Use npm install now'],
    ['Run:\n```js\nconst a = 1;\n```\nThen stop.', 'Run: Then stop.'],
    ['~~~\ncode\n~~~\nAfter', 'After'],
    ['| Day | Opens |\n|-----|-------|\n| Monday | nine |', 'Day, Opens. Monday, nine'],
    ['a \\*literal\\* star', 'a literal star'],
    ['snake_case_name', 'snake case name'],
    ['<b>Big</b> news<br>today', 'Big news today'],
    ['fish &amp; chips', 'fish and chips'],
    ['5 &lt; 6', 'five less than six'],
  ],
  'links and addresses': [
    ['See [the map](https://example.org/map_(new)).', 'See the map.'],
    ['See [the **big** map][1].', 'See the big map.'],
    ['![A photo](photo.png) of it', 'A photo of it'],
    ['It is so.[1] Truly.[2, 3]', 'It is so. Truly.'],
    ['https://www.example.com/a/b?c=1#d', 'example dot com'],
    ['Visit www.example.co.uk, please.', 'Visit example dot co dot uk, please.'],
    ['<https://example.org/x>', 'example dot org'],
    ['Mail john.doe@example.com.', 'Mail john dot doe at example dot com.'],
    ['Mail room_4@example.org!', 'Mail room underscore four at example dot org!'],
    ['Try example.org today', 'Try example dot org today'],
  ],
  'emoji and thoughts': [
    ['Hello 🙂.', 'Hello.'],
    ['Hi 👋🏽 there 👨‍👩‍👧', 'Hi there'],
    ['🇬🇧 tea', 'tea'],
    ['1️⃣ first', 'one first'],
    ['<think>They ask the time.</think>\n\nIt is noon.', 'It is noon.'],
    ['Well <think>hm</think>yes', 'Well yes'],
    ['<thinking>no</thinking>Yes', 'Yes'],
    ['✅ Done', 'Done'],
  ],
  numbers: [
    ['0', 'zero'],
    ['12 rooms', 'twelve rooms'],
    ['105', 'one hundred and five'],
    ['1,234 people', 'one thousand two hundred and thirty four people'],
    ['2005 visitors', 'two thousand and five visitors'],
    ['1000000', 'one million'],
    ['5 million', 'five million'],
    ['10k steps', 'ten thousand steps'],
    ['3.14', 'three point one four'],
    ['0.5', 'zero point five'],
    ['about .5', 'about zero point five'],
    ['-7', 'minus seven'],
    ['007', 'zero zero seven'],
    ['#1 choice', 'number one choice'],
    ['No. 5', 'number five'],
    ['~20 people', 'about twenty people'],
    ['the v1.2 release', 'the version one point two release'],
    ['version v3.2.1', 'version three point two point one'],
    ['1.', 'one.'],
    ['You are 7!', 'You are seven!'],
    ['(12)', '(twelve)'],
  ],
  'years and dates': [
    ['in 1998', 'in nineteen ninety eight'],
    ['since 2007', 'since two thousand and seven'],
    ['In 2024, we', 'In twenty twenty four, we'],
    ['in 1905', 'in nineteen oh five'],
    ['in 1900', 'in nineteen hundred'],
    ['the 1990s', 'the nineteen nineties'],
    ['the 80s', 'the eighties'],
    ['1990–1995', 'nineteen ninety to nineteen ninety five'],
    ['May 5, 2024', 'May the fifth, twenty twenty four'],
    ['on 5 May', 'on the fifth of May'],
    ['the 22nd of March', 'the twenty second of March'],
    ['Dec. 25', 'December the twenty fifth'],
    ['June 2023', 'June twenty twenty three'],
    ['2024-05-12', 'the twelfth of May twenty twenty four'],
    ['25/12/2024', 'the twenty fifth of December twenty twenty four'],
    ['12/05/2024', 'twelve, five, twenty twenty four'],
  ],
  ordinals: [
    ['1st', 'first'],
    ['2nd floor', 'second floor'],
    ['the 3rd door', 'the third door'],
    ['20th', 'twentieth'],
    ['21st', 'twenty first'],
    ['112th', 'one hundred and twelfth'],
  ],
  times: [
    ['It opens at 5:30.', 'It opens at five thirty.'],
    ['17:05', 'seventeen oh five'],
    ['9:00', "nine o'clock"],
    ['17:00', 'seventeen hundred'],
    ['00:00', 'midnight'],
    ['At 5:00 pm, come.', 'At five PM, come.'],
    ['5:30pm', 'five thirty PM'],
    ['5.30 p.m. sharp', 'five thirty PM sharp'],
    ['7am', 'seven AM'],
    ['At 7 p.m. We go.', 'At seven PM. We go.'],
    ['9am-5pm', 'nine AM to five PM'],
    ['9:00–17:30', "nine o'clock to seventeen thirty"],
    ['1:02:03', 'one oh two oh three'],
  ],
  money: [
    ['£5', 'five pounds'],
    ['£1', 'one pound'],
    ['£2.50', 'two pounds fifty'],
    ['£0.50', 'fifty pence'],
    ['50p', 'fifty pence'],
    ['$3.20 each', 'three dollars twenty each'],
    ['$1', 'one dollar'],
    ['$0.01', 'one cent'],
    ['It costs $5.', 'It costs five dollars.'],
    ['€1,200', 'one thousand two hundred euros'],
    ['5 €', 'five euros'],
    ['€5–€10', 'five to ten euros'],
    ['$1.5 billion', 'one point five billion dollars'],
    ['£3m', 'three million pounds'],
    ['-£4', 'minus four pounds'],
  ],
  'percent and units': [
    ['5% off', 'five percent off'],
    ['2.5 %', 'two point five percent'],
    ['10-20%', 'ten to twenty percent'],
    ['20 °C', 'twenty degrees Celsius'],
    ['-5°C', 'minus five degrees Celsius'],
    ['1 km', 'one kilometre'],
    ['3 km away', 'three kilometres away'],
    ['10–12 km', 'ten to twelve kilometres'],
    ['60 km/h', 'sixty kilometres per hour'],
    ['2.5kg', 'two point five kilograms'],
    ['500 ml', 'five hundred millilitres'],
    ['8GB', 'eight gigabytes'],
    ['10 mins', 'ten minutes'],
    ['5 ft', 'five feet'],
    ['80 m²', 'eighty square metres'],
    ["6'2\"", 'six foot two'],
  ],
  'telephone and ticket numbers': [
    ['ticket number 4271', 'ticket number four two seven one'],
    ['Ticket 42', 'Ticket four two'],
    ['your booking reference is 90210', 'your booking reference is nine zero two one zero'],
    ['PIN 0451', 'PIN zero four five one'],
    ['Call 020 7946 0958 now.', 'Call zero two zero seven nine four six zero nine five eight now.'],
    ['+44 20 7946 0958', 'plus four four two zero seven nine four six zero nine five eight'],
    ['555-123-4567', 'five five five one two three four five six seven'],
    ['(020) 7946 0958', 'zero two zero seven nine four six zero nine five eight'],
    ['Dial 999.', 'Dial nine nine nine.'],
    ['8675309', 'eight six seven five three zero nine'],
    ['room 12', 'room twelve'],
    ['iPhone 15', 'iPhone fifteen'],
  ],
  'letters with digits': [
    ['BA2490', 'BA two four nine zero'],
    ['A4 paper', 'A four paper'],
    ['MP3', 'MP three'],
    ['4K', 'four K'],
    ['3D', 'three D'],
    ['COVID-19', 'COVID nineteen'],
    ['2x', 'two times'],
  ],
  'fractions, ranges, sums': [
    ['1/2', 'one half'],
    ['3/4 of it', 'three quarters of it'],
    ['½ a cup', 'one half a cup'],
    ['2 1/2 hours', 'two and a half hours'],
    ['1½', 'one and a half'],
    ['7/16', 'seven over sixteen'],
    ['8/10', 'eight out of ten'],
    ['24/7', 'twenty four seven'],
    ['9-5', 'nine to five'],
    ['pages 10–12', 'pages ten to twelve'],
    ['2-3 days', 'two to three days'],
    ['3 x 4 = 12', 'three times four equals twelve'],
    ['5 - 3 = 2', 'five minus three equals two'],
    ['2+2', 'two plus two'],
    ['3*4', 'three times four'],
    ['10 ÷ 2', 'ten divided by two'],
    ['10^2', 'ten to the power of two'],
  ],
  'abbreviations and signs': [
    ['Dr. Smith', 'Doctor Smith'],
    ['Mr. & Mrs. Jones', 'Mister and Missus Jones'],
    ['He lives on High St. He is in.', 'He lives on High Street. He is in.'],
    ['12 High St. in town', 'twelve High Street in town'],
    ['St. John', 'Saint John'],
    ['the St. Pancras line', 'the Saint Pancras line'],
    ['e.g. tea', 'for example tea'],
    ['i.e. now', 'that is now'],
    ['Milk, etc. Then go.', 'Milk, et cetera. Then go.'],
    ['tea, etc., and cake', 'tea, et cetera, and cake'],
    ['approx. 20 minutes', 'approximately twenty minutes'],
    ['Prof. Lee vs. Dr. Ray', 'Professor Lee versus Doctor Ray'],
    ['M&S', 'M and S'],
    ['his/her', 'his or her'],
    ['and/or', 'and or'],
    ['C++', 'C plus plus'],
    ['50 ± 2', 'fifty plus or minus two'],
    ['a → b', 'a to b'],
  ],
};

const table = Object.entries(CASES).flatMap(([kind, cases]) => cases.map(([written, spoken]) => ({ kind, written, spoken })));

describe('the table of readings', () => {
  it('is large enough to mean something', () => {
    expect(table.length).toBeGreaterThanOrEqual(120);
  });

  it.each(table)('$kind: $written', ({ written, spoken }) => {
    expect(cleanForSpeech(written)).toBe(spoken);
  });

  it.each(table)('leaves the spoken form alone: $spoken', ({ spoken }) => {
    expect(cleanForSpeech(spoken)).toBe(spoken);
  });

  it.each(table)('reads it the same when it comes letter by letter: $written', ({ written, spoken }) => {
    const cleaner = new SpokenTextCleaner();
    // By UTF-16 units, so that emoji are cut in half too.
    const pieces = written.split('').map((unit) => cleaner.push(unit));
    expect((pieces.join('') + cleaner.flush()).trim()).toBe(spoken);
  });
});

const fragments = fc.constantFrom(...table.map(({ written }) => written), ' ', '\n', '\n\n', '. ', ', ', '**', '*', '_', '`', '```\n', '[', ']', '](', ')', '<', '>', '<think>', '</think>', '|', '# ', '- ', '1. ', '£', '%', '5', '12:30', ' to ', 'word', 'Word', '🙂', '&', '\\', '!', '…');
const anyText = fc.oneof(fc.array(fragments, { maxLength: 12 }).map((parts) => parts.join('')), fc.string({ unit: 'binary', maxLength: 60 }));

function cleanInPieces(text: string, cuts: readonly number[]): string {
  const cleaner = new SpokenTextCleaner();
  const places = [0, ...[...cuts].map((cut) => cut % (text.length + 1)).sort((left, right) => left - right), text.length];
  const spoken = places.slice(1).map((place, index) => cleaner.push(text.slice(places[index], place)));
  return spoken.join('') + cleaner.flush();
}

describe('whatever the text', () => {
  it('comes out the same however it was cut', () => {
    fc.assert(
      fc.property(anyText, fc.array(fc.nat(), { maxLength: 20 }), (text, cuts) => {
        expect(cleanInPieces(text, cuts)).toBe(cleanInPieces(text, []));
      }),
      { seed: 1, numRuns: 3000 },
    );
  });

  it('keeps every plain word', () => {
    const word = fc.stringMatching(/^[a-z]{2,9}$/).filter((text) => findAbbreviation(text) === undefined);
    fc.assert(
      fc.property(fc.array(fc.tuple(word, fc.constantFrom(' ', ', ', '. ', '! ', '\n', '\n\n', '; ', ' — '))), (parts) => {
        const text = parts.map(([letters, space]) => letters + space).join('');
        expect(cleanForSpeech(text).match(/[a-z]+/gu) ?? []).toEqual(parts.map(([letters]) => letters));
      }),
      { seed: 2, numRuns: 1000 },
    );
  });

  it('holds no digit, markup or emoji afterwards', () => {
    fc.assert(
      fc.property(fc.array(fragments, { maxLength: 8 }).map((parts) => parts.join(' ')), (text) => {
        expect(cleanForSpeech(text)).not.toMatch(/[0-9*_`#|<>[\]{}~^=£$€%@]|\p{Emoji_Presentation}/u);
      }),
      { seed: 3, numRuns: 2000 },
    );
  });
});

describe('as a stream', () => {
  it('gives a plain word out as soon as the next begins', () => {
    const cleaner = new SpokenTextCleaner();
    expect(['The', ' café', ' is', ' open', '.'].map((delta) => cleaner.push(delta))).toEqual(['', 'The ', 'café ', 'is ', '']);
    expect(cleaner.flush()).toBe('open.');
  });

  it('waits with a number for what belongs to it', () => {
    const cleaner = new SpokenTextCleaner();
    const given = [' £', '5', ' million', ' more', ' today'].map((delta) => cleaner.push(delta));
    expect(given).toEqual(['', '', '', '', 'five million pounds more ']);
    expect(cleaner.flush()).toBe('today');
  });

  it('does not wait for ever for a bracket that never closes', () => {
    const cleaner = new SpokenTextCleaner();
    const spoken = cleaner.push(`[${'word '.repeat(200)}`);
    expect(spoken.length).toBeGreaterThan(500);
  });

  it('tells which displayed text each spoken piece came from', () => {
    const cleaner = new SpokenTextCleaner();
    const pieces = [...cleaner.pushPieces('Pay **£2.50** at 5:30, please.'), ...cleaner.flushPieces()];
    expect(pieces).toEqual([
      { spoken: 'Pay ', displayed: 'Pay ' },
      { spoken: 'two pounds fifty ', displayed: '£2.50 ' },
      { spoken: 'at ', displayed: 'at ' },
      { spoken: 'five thirty, ', displayed: '5:30, ' },
      { spoken: 'please.', displayed: 'please.' },
    ]);
  });
});
