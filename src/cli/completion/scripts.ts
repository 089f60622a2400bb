/** What each shell runs at a tab: it asks claw, and completes files where claw knows nothing. */
export const completionScripts = {
  bash: `# claw: completion for bash. Put into ~/.bashrc:  source <(claw completion bash)
_claw() {
  local IFS=$'\\n'
  COMPREPLY=($(claw complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1))
}
complete -o bashdefault -o default -F _claw claw`,
  zsh: `#compdef claw
# claw: completion for zsh. Put into ~/.zshrc, after compinit:  source <(claw completion zsh)
_claw() {
  local -a found
  found=("\${(@f)$(claw complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  [[ -n "$found[1]" ]] || { _files; return }
  found=("\${found[@]//:/\\\\:}")
  found=("\${found[@]/$'\\t'/:}")
  _describe claw found
}
compdef _claw claw`,
  fish: `# claw: completion for fish. Put into ~/.config/fish/completions/claw.fish:  claw completion fish > …
function __claw
  set -l words (commandline -opc)
  set -l found (claw complete -- $words[2..] (commandline -ct) 2>/dev/null)
  if test -n "$found"
    printf '%s\\n' $found
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c claw -f -a '(__claw)'`,
} as const;
