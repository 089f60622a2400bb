#!/bin/sh
# vLLM with what claw needs: MODEL=Qwen/Qwen3-Coder-30B-A3B-Instruct sh vllm.sh
# Another family of models has another parser of tool calls: vllm serve --help says which there are.
set -eu
exec vllm serve "${MODEL:?which model? MODEL=Qwen/Qwen3-Coder-30B-A3B-Instruct}" \
  --host 127.0.0.1 --port "${PORT:-8000}" \
  --served-model-name "${NAME:-qwen3-coder}" \
  --max-model-len "${CONTEXT:-131072}" \
  --max-num-seqs "${PLACES:-8}" \
  --gpu-memory-utilization 0.92 \
  --enable-prefix-caching \
  --enable-auto-tool-choice --tool-call-parser "${PARSER:-qwen3_coder}"
