#!/bin/sh
# One night in a clone of its own: nightly.sh <clone>. Ends with claw's exit code: 0 whatever became of the work.
set -eu
cd "${1:?which clone? nightly.sh ~/nightly/project}"
out=${OUT:-$HOME/nightly/reports}
mkdir -p "$out"
git fetch --quiet origin
git checkout --quiet --detach origin/HEAD
set -- --max-prs "${MAX_PRS:-3}" --budget-usd "${BUDGET_USD:-20}" --until "${UNTIL:-06:00}" --report "$out/$(basename "$PWD")-$(date +%F).night.md"
exec "${CLAW:-claw}" nightly "$@" </dev/null
