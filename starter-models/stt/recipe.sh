#!/bin/sh
# From nothing to the model folder: speech bank, training, export, evaluation. Usage: stt/recipe.sh [minutes], in starter-models/.
set -eu
cd "$(dirname "$0")/.."
minutes=${1:-120}
python=${PYTHON:-/usr/bin/python3}
"$python" -m stt.train --minutes "$minutes"
"$python" -m stt.export
"$python" -m stt.evaluate
