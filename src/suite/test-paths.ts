import { matchesGlob } from "../text.ts";

const testFolder = /(?:^|\/)(?:__tests__|__mocks__|__snapshots__|tests?|specs?|e2e|testdata|fixtures)\//;
const testFile =
  /(?:^|[/.\-_])tests?\.[cm]?[jt]sx?$|[.\-_]spec\.[cm]?[jt]sx?$|\.(?:test|spec|e2e)(?:-d)?\.\w+$|(?:^|\/)test_[^/]*\.py$|_test\.(?:py|go)$|\.snap$/;

const testConfigs: readonly RegExp[] = [
  /^(?:vitest|vite|jest|babel|karma|ava|playwright|cypress|wtr|web-test-runner)\.(?:config|workspace|setup|setup-\w+|preset)\b.*$/,
  /^(?:vitest|jest|test)[.-]?(?:setup|global-setup|env)\b.*$/,
  /^\.mocharc(?:\.\w+)?$|^mocha\.opts$|^\.taprc$|^\.(?:c8|nyc)rc(?:\.\w+)?$/,
  /^\.?pytest\.ini$|^conftest\.py$|^tox\.ini$|^noxfile\.py$|^setup\.cfg$|^pyproject\.toml$|^\.coveragerc$/,
  /^tsconfig\.(?:test|tests|spec|vitest|jest)\.json$/,
];

const ciPaths: readonly RegExp[] = [
  /^\.(?:github\/(?:workflows|actions)|circleci|buildkite|gitlab|azure-pipelines|woodpecker|forgejo\/workflows|gitea\/workflows|ci)\//,
  /^(?:\.gitlab-ci|\.travis|\.drone|\.appveyor|appveyor|azure-pipelines|bitbucket-pipelines|cloudbuild|\.woodpecker|\.cirrus|codecov|\.codecov)\.ya?ml$/,
  /^Jenkinsfile$/,
];

/** Is this a test, or something only tests use (fixtures, snapshots, mocks)? Paths are relative to the repository. */
export function isTestPath(path: string): boolean {
  return testFolder.test(path) || testFile.test(path);
}

/** The same where a repository names further tests of its own, by globs: `test.files` in claw.yaml. */
export const testPathsWith =
  (further: readonly string[]) =>
  (path: string): boolean =>
    isTestPath(path) || further.some((glob) => matchesGlob(path, glob));

/** Does this file steer how tests are found or run? The scripts inside package.json are for others to look at. */
export function isTestConfigPath(path: string): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return (
    testConfigs.some((pattern) => pattern.test(name)) ||
    (/(?:^|\/)tsconfig(?:\.\w+)?\.json$/.test(path) && testFolder.test(path))
  );
}

/** Does this file steer continuous integration? */
export function isCiPath(path: string): boolean {
  return ciPaths.some((pattern) => pattern.test(path));
}
