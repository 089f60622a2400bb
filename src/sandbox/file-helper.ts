/**
 * What the helper for files runs. It reads requests of four fields, each ended by a NUL: a word nobody inside knows, what to
 * do, how many bytes, a path; a write is followed by its bytes. An answer is the bytes that were read, that word, the exit
 * code, what was said, and a NUL. Whatever a path leads to, it leads there inside the sandbox. A file that grows beyond
 * its limit is an answer, and not the helper's end.
 */
const inPerl = String.raw`
$/ = "\0"; binmode STDIN; binmode STDOUT; $SIG{XFSZ} = "IGNORE";
sub field { my $text = <STDIN>; exit unless defined $text and chomp $text; $text }
sub send_all { my $at = 0; while ($at < length $_[0]) { $at += syswrite(STDOUT, $_[0], 1 << 20, $at) // exit } }
sub make { my ($dir) = @_; return if -d $dir; make($1) if $dir =~ m{^(.*[^/])/+[^/]+/*$}s; mkdir $dir }
sub give {
  my ($path, $left, $out) = (@_, "");
  sysopen(my $file, $path, 04400) or return ("", "$!");
  return ("", "Is a pipe") if -p $file;
  while ($left > 0) {
    my $got = sysread($file, $out, $left < 1 << 20 ? $left : 1 << 20, length $out);
    return ($out, "$!") unless defined $got;
    last if $got == 0;
    $left -= $got;
    next if length $out < 1 << 20;
    send_all($out); $out = "";
  }
  return ($out, "");
}
sub take {
  my ($path, $left) = @_;
  make($1) if $path =~ m{^(.+)/[^/]*$}s;
  my ($file, $said) = (undef, -p $path ? "Is a pipe" : "");
  $said = "$!" unless $said or sysopen($file, $path, 05501, 0666);
  $said ||= "Is a pipe" if $file and -p $file;
  while ($left > 0) {
    my $got = read(STDIN, my $bytes, $left < 65536 ? $left : 65536) or exit;
    $left -= $got;
    for (my $at = 0; $at < $got and not $said;) { my $put = syswrite($file, $bytes, $got, $at); defined $put ? ($at += $put) : ($said = "$!") }
  }
  $said ||= "$!" if $file and not close $file;
  return ("", $said);
}
while (1) {
  my ($word, $what, $size, $path) = (field(), field(), field(), field());
  my ($out, $said) = $what eq "read" ? give($path, $size) : take($path, $size);
  send_all($out . join(" ", $word, $said eq "" ? 0 : 1, substr($said, 0, 500)) . "\0");
}`;

/** Where there is no Perl: a process for each file. */
const inBash = String.raw`
trap '' XFSZ; exec 3>&1
while IFS= read -r -d '' word && IFS= read -r -d '' what && IFS= read -r -d '' size && IFS= read -r -d '' path; do
  said= code=0
  if [ -p "$path" ]; then
    said='Is a pipe' code=1
    if [ "$what" != read ]; then /usr/bin/head -c "$size" >/dev/null; fi
  elif [ "$what" = read ]; then
    said=$(/usr/bin/head -c "$size" "$path" 2>&1 >&3 </dev/null); code=$?
  else
    case $path in */*) [ -d "\${path%/*}" ] || said=$(/bin/mkdir -p -- "\${path%/*}" 2>&1) ;; esac
    said=$({ /usr/bin/head -c "$size" > "$path"; } 2>&1); code=$?
  fi
  printf '%s %s %s\0' "$word" "$code" "\${said:0:500}" >&3
done`.replaceAll("\\$", "$");

/** The two ways to run the helper, the quicker one first. */
export const helperCommands = {
  perl: ["/usr/bin/perl", "-e", inPerl],
  bash: ["/bin/bash", "-c", inBash],
} as const;

/** What the helper is started with: it finds out inside what there is. */
export const helperCommand = [
  "/bin/bash",
  "-c",
  '[ -x /usr/bin/perl ] && exec /usr/bin/perl -e "$0"; exec /bin/bash -c "$1"',
  inPerl,
  inBash,
] as const;
