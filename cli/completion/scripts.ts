/** Completion for each shell: all of them ask the program itself, by `hallpass __complete <words> <what is typed>`. */

export const COMPLETE = '__complete';

/** Old bash (macOS) has no mapfile. */
const bash = `# hallpass completion for bash:  source <(hallpass completion bash)
_hallpass() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("$line")
  done < <("\${COMP_WORDS[0]}" ${COMPLETE} "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _hallpass hallpass
`;

const zsh = `#compdef hallpass
# hallpass completion for zsh:  source <(hallpass completion zsh)
_hallpass() {
  local -a found
  found=("\${(@f)$("\${words[1]}" ${COMPLETE} "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  (( \${#found} )) && compadd -a found
}
compdef _hallpass hallpass
`;

const fish = `# hallpass completion for fish:  hallpass completion fish | source
function __hallpass_complete
  set -l words (commandline -opc) (commandline -ct)
  $words[1] ${COMPLETE} $words[2..-1] 2>/dev/null
end
complete -c hallpass -f -a '(__hallpass_complete)'
`;

export const COMPLETION_SCRIPTS = { bash, zsh, fish } as const;
export type Shell = keyof typeof COMPLETION_SCRIPTS;
export const SHELLS = Object.keys(COMPLETION_SCRIPTS) as Shell[];

/** kubectl reads what `kubectl_complete-hallpass` prints as cobra's protocol: 4 means "and no file names". */
export const COBRA_NO_FILES = ':4';
