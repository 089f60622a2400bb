import type { Found } from "./readers/dialect.ts";

/** What was missing around the code, rather than in it. */
export interface Trouble {
  readonly cause:
    | "network"
    | "disk"
    | "memory"
    | "tool"
    | "registry"
    | "runner"
    | "port"
    | "rate-limit"
    | "credentials"
    | "time";
  /** For people, one clause. */
  readonly what: string;
  readonly pattern: RegExp;
  /** Only in a failure's own words, or in a log in which nothing else tells why: by itself it proves little. */
  readonly weak?: boolean;
}

/**
 * Words of machines that fail, first match wins. Strong ones decide wherever they stand in the text of a failure; weak ones
 * could as well be a program's bug (a refused connection), so that executions overrule them.
 */
const troubles: readonly Trouble[] = [
  {
    cause: "disk",
    what: "the disk is full",
    pattern:
      /\bENOSPC\b|No space left on device|disk quota exceeded|\bEDQUOT\b|not enough space on the disk|database or disk is full|\[Errno 28\]/i,
  },
  {
    cause: "memory",
    what: "out of memory",
    pattern:
      /JavaScript heap out of memory|Allocation failed - JavaScript|Fatal (?:process|JavaScript) out of memory|\bNoMemoryError\b|System\.OutOfMemoryException|Allowed memory size of \d+ bytes exhausted|virtual memory exhausted|LLVM ERROR: out of memory|eheap_alloc: Cannot allocate|_ArrayMemoryError\b|CUDA (?:error: )?out of memory|java\.lang\.OutOfMemoryError|Out of memory: Kill(?:ed)? process|\bOOMKilled\b|Cannot allocate memory|\bENOMEM\b|^(?:E\s+)?MemoryError\b|fatal error: runtime: out of memory|std::bad_alloc|memory allocation of \d+ bytes failed|Container killed on request.*memory|oom-kill|There is insufficient memory for the Java Runtime|Gradle build daemon disappeared unexpectedly|cc1plus?: (?:out of memory|fatal error: Killed)|signal: 9, SIGKILL|c\+\+: fatal error: Killed|: signal: killed$|^Received "killed" signal|JVM heap space is exhausted|(?:exit(?:ed)?(?: with)?(?: code| status)?|code) 137\b/im,
  },
  {
    cause: "runner",
    what: "the runner was lost or shut down",
    pattern:
      /The runner has received a shutdown signal|hosted runner(?:: .*)? lost communication with the server|The self-hosted runner.*lost communication|The hosted runner encountered an error|The runner was lost|runner system failure|The agent did not connect within the alloted time|We stopped hearing from agent|Runner .* (?:terminated|was removed)|This job was cancelled because the spot|No runner was available|This request was automatically failed because there were no enabled runners|Docker daemon is not running|Cannot connect to the Docker daemon|A session for this runner already exists|Error response from daemon: (?!.*(?:manifest|pull access|toomanyrequests))|The operation was canceled\.?$|prepare environment: exit status|ERROR: Job failed \(system failure\)|Agent was lost|hudson\.remoting|Pod .* was evicted|node was low on resource/im,
  },
  {
    cause: "rate-limit",
    what: "a service refused because of too many requests",
    pattern: /toomanyrequests|You have reached your pull rate limit|API rate limit exceeded|secondary rate limit/i,
  },
  {
    cause: "credentials",
    what: "a credential was missing or refused",
    pattern:
      /Input required and not supplied: token|denied: requested access to the resource is denied|npm (?:ERR!|error) code E40[13]\b|fatal: could not read Username for|Permission denied \(publickey\)|remote: Invalid username or password|Bad credentials|Resource not accessible by integration|ExpiredToken|401 Unauthorized.*(?:registry|https?:\/\/)|no basic auth credentials/i,
  },
  {
    cause: "registry",
    what: "a package registry or a download failed",
    pattern:
      /npm (?:ERR!|error) (?:code )?(?:ECONNRESET|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|ERR_SOCKET_TIMEOUT|E5\d\d|ECONNREFUSED|ENETUNREACH)|npm (?:ERR!|error) (?:network|5\d\d )|error An unexpected error occurred: "https?:\/\/registry|ERR_PNPM_(?:FETCH|META_FETCH_FAIL)|Could not (?:transfer|GET|HEAD|download) (?:artifact )?.*(?:https?:\/\/|from\/to)|Could not resolve (?:all )?(?:dependencies|files|artifacts).*(?:Connect|timed out|Connection)|Received status code 5\d\d from server|Read timed out.*pypi|pip\._vendor\.urllib3\.exceptions|ReadTimeoutError|WARNING: Retrying \(Retry\(total=0|Temporary failure resolving|E: Failed to fetch|E: Unable to (?:fetch|locate) |Hash Sum mismatch|Failed to download (?:metadata|action|archive)|failed to download from `?https|spurious network error|failed to fetch `?https|Gem::RemoteFetcher::FetchError|Net::(?:OpenTimeout|ReadTimeout).*rubygems|Bundler::HTTPError|go: .*(?:proxy\.golang\.org|sum\.golang\.org).*(?:timeout|refused|5\d\d|reset|EOF|no such host)|dial tcp: lookup proxy\.golang\.org|Failed to restore \S+\.\w+proj|Unable to load the service index for source|manifest unknown.*5\d\d|net\/http: TLS handshake timeout|error pulling image|failed to solve: .*(?:failed to (?:fetch|authorize|resolve)|5\d\d|i\/o timeout|TLS handshake)|download failed after attempts|Unable to download artifact|Failed to (?:CreateArtifact|save cache|restore cache)|reserveCache failed|curl: \((?:5|6|7|18|28|35|52|56)\)|wget: unable to resolve|503 Service (?:Temporarily )?Unavailable.*(?:registry|repo|mirror|proxy)|Connection to (?:pypi|registry|repo)/i,
  },
  {
    cause: "tool",
    what: "a program or a file of the machine is missing",
    pattern:
      /: line \d+: [\w./+-]+: not found$|\bsh: (?:\d+: )?[\w./+-]+: not found$|: command not found\b|is not recognized as an internal or external command|exec: "[^"]+": executable file not found in \$PATH|spawn \S+ ENOENT|env: ['‘]?\S+['’]?: No such file or directory|error while loading shared libraries|version [`']GLIBC_[\d.]+' not found|Unable to locate executable file|Chrome(?:Driver)? (?:not found|only supports)|browserType\.launch: Executable doesn't exist|Please install them with the following command|Could not find (?:Chrome|browser|Firefox)|No binary for \w+ browser|\bXvfb\b.*(?:not found|failed)|cannot open display|Missing X server or \$DISPLAY|JAVA_HOME is not (?:set|defined)|exec format error/im,
  },
  {
    cause: "network",
    what: "the network failed",
    pattern:
      /getaddrinfo (?:EAI_AGAIN|ENOTFOUND)|\bEAI_AGAIN\b|\bENETUNREACH\b|\bEHOSTUNREACH\b|Temporary failure in name resolution|Could not resolve host|Name or service not known|no such host\b|java\.net\.UnknownHostException|UnknownHostException|Network is unreachable|No route to host|fatal: unable to access 'https?:|RPC failed; (?:curl|HTTP)|fatal: early EOF|The remote end hung up unexpectedly|fetch-pack: unexpected disconnect|SSL_ERROR_SYSCALL|gnutls_handshake\(\) failed|TLS handshake timeout|socket\.gaierror|NameResolutionError|Failed to establish a new connection: \[Errno -[23]\]|net::ERR_(?:INTERNET_DISCONNECTED|NAME_NOT_RESOLVED|NETWORK_CHANGED)|dns error: failed to lookup/i,
  },
  {
    cause: "port",
    what: "a port was taken",
    pattern:
      /\bEADDRINUSE\b|address already in use|port is already allocated|Address already in use: bind|\[Errno 98\]|Only one usage of each socket address/i,
    weak: true,
  },
  {
    cause: "network",
    what: "a connection was refused or broken",
    pattern:
      /\bECONNREFUSED\b|\bECONNRESET\b|\bETIMEDOUT\b|\bEPIPE\b|socket hang up|Connection (?:refused|reset by peer|timed out)|java\.net\.(?:ConnectException|SocketTimeoutException|SocketException)|ConnectionRefusedError|ConnectionResetError|connection refused|could not connect to server|Can't connect to (?:local )?MySQL server|Communications link failure|server closed the connection unexpectedly|requests\.exceptions\.(?:ConnectionError|ConnectTimeout|ReadTimeout)|urllib\.error\.URLError|net\/http: request canceled|context deadline exceeded.*(?:https?|dial|Client\.Timeout)|Could not connect to (?:Redis|the database|Postgres)|MongoNetworkError|ServerSelectionTimeoutError|50[234] (?:Bad Gateway|Service Unavailable|Gateway Time-?out)|HTTP Error 50[234]|Too Many Requests|HTTP(?:Error| status)?:? 429|status code 429|i\/o timeout/i,
    weak: true,
  },
  {
    cause: "memory",
    what: "a process was killed from outside, as where memory runs out",
    pattern: /died with <Signals\.SIGKILL: 9>|was terminated by another process: signal=SIGKILL/,
    weak: true,
  },
  {
    cause: "disk",
    what: "the machine had no more files or processes to give",
    pattern:
      /\bEMFILE\b|\bENFILE\b|too many open files|ENOSPC: System limit for number of file watchers|Resource temporarily unavailable|fork: retry|Cannot fork|unable to create new native thread|can't start new thread/i,
    weak: true,
  },
  {
    cause: "disk",
    what: "the disk or the file system failed",
    pattern: /Read-only file system|\bEROFS\b|Input\/output error|\bEIO\b|database is locked/i,
    weak: true,
  },
];

/** A whole job or command that was ended because it took too long. */
export const jobOvertime =
  /The job running on runner .* has exceeded the maximum execution time|exceeded the maximum execution time of|The action .* has timed out after \d+ minutes|The job was canceled because it exceeded|ERROR: Job failed: execution took longer than|Error: The operation was canceled due to timeout|Too long with no output|Build timed out \(after|Cancelling since (?:no output|the job)|No output has been received in the last|The job exceeded the maximum time limit|Timeout \(\d+ ?(?:s|m|min|minutes)\) reached|has timed out after \d+ (?:minutes|seconds)|(?:exit(?:ed)?(?: with)?(?: code| status)?) 124\b|Command exited with non-zero status 124|^Cancelling nested steps due to timeout/i;

/** What in a text points at the machine rather than the code; null when nothing does. Strong signs go before weak ones. */
export function troubleIn(text: string): Trouble | null {
  return troubles.find(({ pattern }) => pattern.test(text)) ?? null;
}

/** Source that a runner prints around the failing line: "> 12 | const x", "  4: test(…)", "   |   ^". */
const sourceLine = /^\s*(?:>\s*)?\d+\s*(?:\||:\s)|^\s*\|[\s^~]*$/;
/** A check that compared two values: its words are those of the test, whatever they name. */
const compared =
  /^\s*(?:E\s+)?(?:[\w.]*Assert(?:ion)?(?:Failed)?Error\b|[\w.]*ComparisonFailure\b|expect\(|assert\b|assertion\b|Failed asserting|Expected\b|expected\b|Assert\.|Expectation failed|XCTAssert|Not equal)/;
/** Checks that say what was thrown in place of what they waited for. */
const threw =
  /Got unwanted (?:rejection|exception)|promise rejected|Received promise rejected|exception thrown|threw /i;

/**
 * What a failure's own words say of the machine. What a test compared is left out, for a test of how a full disk is met
 * names one; and so is the source around it.
 */
export function troubleOf({
  message,
  expected,
}: Pick<Found, "message"> & Partial<Pick<Found, "expected">>): Trouble | null {
  const lines = message.split("\n").filter((line) => !sourceLine.test(line));
  const said = lines.join("\n");
  if (((expected ?? null) !== null || compared.test(said)) && !threw.test(said)) return null;
  return troubleIn(said);
}
