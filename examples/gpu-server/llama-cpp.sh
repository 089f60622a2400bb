#!/bin/sh
# llama.cpp with what claw needs: MODEL=/models/coder.gguf sh llama-cpp.sh
# The context is shared by the places: with 2 of them each has half.
set -eu
exec llama-server --model "${MODEL:?which file? MODEL=/models/coder.gguf}" \
  --host 127.0.0.1 --port "${PORT:-8000}" \
  --alias "${NAME:-qwen3-coder}" \
  --ctx-size "${CONTEXT:-65536}" --parallel "${PLACES:-1}" \
  --n-gpu-layers 99 \
  --jinja --metrics
