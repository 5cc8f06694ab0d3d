/**
 * Scripts for each shell, which asks us for the words that fit, and offers files if we know none.
 * `complete` gets the words after `nf-secrets`, the last of them unfinished.
 */
export const SCRIPTS = {
  bash: `_nf_secrets() {
    local IFS=$'\\n'
    COMPREPLY=($(nf-secrets complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -o bashdefault -F _nf_secrets nf-secrets
`,
  zsh: `#compdef nf-secrets
_nf_secrets() {
    local -a candidates
    candidates=("\${(@f)$(nf-secrets complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
    if [[ -n "\${candidates[1]}" ]]; then compadd -a candidates; else _files; fi
}
if [[ "\${funcstack[1]}" == _nf_secrets ]]; then _nf_secrets "$@"; else compdef _nf_secrets nf-secrets; fi
`,
  fish: `complete -c nf-secrets -a '(nf-secrets complete -- (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'
`,
} as const;

export type ShellName = keyof typeof SCRIPTS;
export const SHELLS: readonly ShellName[] = ['bash', 'zsh', 'fish'];
