"""Measure the exported model: `python3 -m stt.evaluate` (run in starter-models/). Prints a table, writes evaluation.json.

The graphs run in onnxruntime-node, float and 8-bit, on sets made by test_sets.py with fixed seeds.
"""
import argparse
import json
import subprocess
import tempfile
from collections import defaultdict
from pathlib import Path

from . import test_sets
from .scoring import word_error_rate
from .tokenizer import Tokenizer

HERE = Path(__file__).parent
PRECISIONS = {'float32': '', 'int8': '_quantized'}


def transcribe(clips, folder, suffix):
    """Transcripts of [(samples, …)] from the ONNX graphs with the given file suffix."""
    tokenizer = Tokenizer.load(folder / 'tokenizer.json')
    with tempfile.TemporaryDirectory() as scratch:
        requests = []
        for index, clip in enumerate(clips):
            clip[0].tofile(f'{scratch}/{index}.f32')
            requests.append(json.dumps({'file': f'{scratch}/{index}.f32'}))
        run = subprocess.run(['node', str(HERE / 'transcribe.mjs'), str(folder), suffix], input='\n'.join(requests),
                             capture_output=True, text=True, check=True)
    return [tokenizer.decode(json.loads(line)) for line in run.stdout.splitlines()]


def score(clips, transcripts):
    """WER in percent, or words per minute where the reference is empty; with the figures of each label."""
    seconds = sum(len(samples) for samples, _, _ in clips) / 16000
    by_label = defaultdict(list)
    for (samples, reference, label), heard in zip(clips, transcripts):
        by_label[label].append((reference, heard, len(samples)))
    pairs = [(reference, heard) for (_, reference, _), heard in zip(clips, transcripts)]
    result = dict(clips=len(clips), minutes=round(seconds / 60, 1))
    if any(reference for reference, _ in pairs):
        result['wer'] = word_error_rate(pairs)
        result['sentences_right'] = round(100 * sum(a == b for a, b in pairs) / len(pairs), 1)
        result['by_label'] = {k: word_error_rate([(a, b) for a, b, _ in v]) for k, v in sorted(by_label.items()) if len(v) > 4}
    else:
        result['words_per_minute'] = round(sum(len(heard.split()) for _, heard in pairs) / (seconds / 60), 2)
        result['by_label'] = {k: round(sum(len(b.split()) for _, b, _ in v) / (sum(n for _, _, n in v) / 960000), 2)
                              for k, v in sorted(by_label.items())}
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--model', default=str(HERE))
    parser.add_argument('--count', type=int, default=220, help='held-out sentences in taught and in unseen voices')
    parser.add_argument('--free', type=int, default=80, help='clips of prose and random words')
    parser.add_argument('--minutes', type=float, default=10, help='minutes of noise, music and silence')
    parser.add_argument('--precision', choices=list(PRECISIONS), action='append')
    parser.add_argument('--no-people', action='store_true')
    parser.add_argument('--show', type=int, default=0, help='print so many transcripts of each set')
    options = parser.parse_args()
    folder = Path(options.model).resolve()
    sets = {'taught voices': test_sets.taught_voices(options.count), 'unseen voices': test_sets.unseen_voices(options.count),
            'requests only, taught voices': test_sets.requests(options.count // 2),
            'free words, taught voices': test_sets.free_words(options.free), 'non-speech': test_sets.non_speech(options.minutes)}
    if not options.no_people:
        sets.update(test_sets.human())
    report = {}
    for name, clips in sets.items():
        for precision in options.precision or PRECISIONS:
            transcripts = transcribe(clips, folder, PRECISIONS[precision])
            report.setdefault(name, {})[precision] = score(clips, transcripts)
            figure = report[name][precision]
            print(f"{name:30} {precision:8} {figure['clips']:4} clips  "
                  + (f"WER {figure['wer']:6.2f} %" if 'wer' in figure else f"{figure['words_per_minute']} words/min"), flush=True)
        for (_, reference, _), heard in list(zip(clips, transcripts))[:options.show]:
            print(f'    {reference!r} → {heard!r}')
    (folder / 'evaluation.json').write_text(json.dumps(report, indent=1) + '\n', encoding='utf-8')


if __name__ == '__main__':
    main()
