import { finish, type Line, replace, write } from "./plays.ts";

// The sum repository once more, for tests that are about claw and not about a runner: a suite in the shell is done in a
// twentieth of the time that Node takes to start, and a fix executes it eight times.
export const sumRepository = {
  "claw.yaml": "test:\n  command: sh test/run.sh\n",
  "sum.sh": 'sum() {\n  total=\n  for number in "$@"; do total=$((total + number)); done\n  echo "$total"\n}\n',
  "test/run.sh": `failed=0
is() {
  if [ "$2" = "$3" ]; then echo "ok - $1"; else
    echo "not ok - $1"
    echo "  ---"
    echo "  message: 'expected $3, got \\"$2\\"'"
    echo "  ..."
    failed=1
  fi
}
. ./sum.sh
for file in test/*.test.sh; do . "./$file"; done
exit $failed
`,
  "test/sum.test.sh": 'is "adds numbers" "$(sum 1 2 3)" 6\n',
};

export const sumIssue = "sum without numbers prints nothing instead of 0\n\nNothing should add up to 0.\n";

/** A test that shows it. */
const nothingTest = 'is "nothing adds up to 0" "$(sum)" 0\n';
export const reproducesSum: readonly Line[] = [
  write("test/nothing.test.sh", nothingTest),
  finish("sum of nothing is empty"),
];

/** The change that mends it; finished twice, because claw asks for a last look. */
export const patchesSum: readonly Line[] = [
  replace("sum.sh", "total=\n", "total=0\n"),
  finish("the total had no initial value"),
  finish("the total had no initial value"),
];
