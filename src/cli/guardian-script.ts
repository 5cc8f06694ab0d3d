import { GUARDIAN_WORD, isExecutable } from './own-program.ts';

/** The end of the guardian's program, by which the shell knows that it has read it whole. The build puts it there. */
const END_OF_PROGRAM = '// end of local-guardian';

/** Descriptors that {@link GUARDIAN_SCRIPT} gets, beside its stdin and stdout. */
export const GUARDIAN_FILES = {
  /** The guardian's program. The executable has it in itself. */
  program: 3,
  /** The Node.js that runs the launcher, or the executable. */
  node: 4,
} as const;

/** Pauses after which the shell tries once more to start Node.js. In seconds, for `sleep`. */
export const PAUSES = '1 2 5 10 20 30 60';

/** The lines that differ in the executable: what is read at the start, what may be started, and how. */
const AS_SCRIPT = {
  read: `program=$(cat <&3) || exit 71
case $program in *'${END_OF_PROGRAM}') ;; *) exit 71 ;; esac
exec 3<&-`,
  programs: '/proc/self/fd/4 "$node" node',
  start: `printf '%s\\n' "$program" | "$one" --input-type=commonjs - "$run" "$host"`,
};
const AS_EXECUTABLE = {
  read: 'exec 3<&-',
  programs: '/proc/self/fd/4 "$node"',
  start: `"$one" ${GUARDIAN_WORD} local "$run" "$host" </dev/null`,
};

const guardianScript = (isSingleFile: boolean): string => {
  const { read, programs, start } = isSingleFile ? AS_EXECUTABLE : AS_SCRIPT;
  return `trap '' INT TERM HUP QUIT USR1 USR2 ALRM PIPE
run=$1 node=$2 host=$3 pauses=$4 now= code=
PATH=\${PATH:+$PATH:}/usr/bin:/bin
${read}
echo watching
exec >/dev/null
IFS= read -r word && [ "$word" = done ] && exit 0
note() {
  umask 077
  logs=$NF_SECRETS_HOME/logs
  [ -d "$logs" ] || mkdir "$logs"
  printf '%s guardian of run %s\\n  it could not do its work (exit code of the last try: %s), so secrets of the run may be left\\n  later: nf-secrets sweep\\n' \\
    "$now" "$run" "$code" >>"$logs/problems.log"
}
trap note EXIT
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
for pause in 0 $pauses; do
  sleep $pause
  for one in ${programs}; do
    ${start}
    code=$?
    case $code in 0 | 74) trap - EXIT; exit $code ;; esac
  done
done
exit 74
`;
};

/**
 * The guardian of a run on this machine, for a POSIX shell: `sh -c SCRIPT nf-secrets-guardian RUN NODE HOST PAUSES`. It
 * waits for the launcher's end with a twentieth of the memory of Node.js, and starts Node.js only if the launcher was
 * killed.
 *
 * It keeps its program as text and Node.js as an open file: an update or a removal of either, or of their directories,
 * breaks nothing. macOS has no /proc/self/fd: there the next way to Node.js is tried, its path, then the one on the
 * PATH.
 *
 * - Its stdin is a pipe of which only the launcher has the other end. The word `done` on it: the launcher has done
 *   everything itself. Its end without that word: the launcher is gone, whatever killed it.
 * - A launcher that is killed early does not read "watching": hence PIPE.
 * - 0 and 74 are the exit codes of a program that was run to its end; 74 if it has noted what it could not do.
 * - The executable is the program as well, and starts with a word that makes it the guardian.
 * - If Node.js cannot be started, as without memory, or does not come to its end, it tries again; then it notes that. A shell that cannot start any
 *   process ends at once: so that is noted at its end, with nothing but the shell's own commands if need be.
 */
export const GUARDIAN_SCRIPT = guardianScript(isExecutable);
