#!/bin/sh
# Triage of the default branch of a clone of its own: nightly-triage.sh <clone>. Ends with claw's exit code.
set -eu
cd "${1:?which clone? nightly-triage.sh ~/nightly/project}"
out=${OUT:-$HOME/nightly/reports}
mkdir -p "$out"
git fetch --quiet origin
# What the last night was compared with: a regression is what came since.
before=$(git rev-parse HEAD)
git checkout --quiet --detach origin/HEAD
name=$(basename "$PWD")-$(date +%F)
set -- --against "$before" --timeout "${MINUTES:-60}" --junit "$out/$name.xml" --markdown "$out/$name.md" --quarantine "$out/$name.quarantine.yaml"
if [ "${FIX:-0}" = 1 ]; then set -- "$@" --fix --budget-usd "${BUDGET_USD:-2}"; fi
exec "${CLAW:-claw}" triage "$@" </dev/null
