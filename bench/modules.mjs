// Code to measure with.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Writes modules as nf-core has them, each in its own directory.
 *
 * @param {string} folder
 * @param {{ files: number, bytes: number }} size how many, and of what size together
 * @param {number} every one file in so many uses secrets
 * @returns {string} the folder
 */
export function writeModules(folder, { files, bytes }, every) {
  for (let index = 0; index < files; index++) {
    const directory = join(folder, 'modules', `tool${index % 60}`, `step${index}`);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'main.nf'), moduleText(index, index % every === 0, bytes / files));
  }
  return folder;
}

/**
 * @param {number} index
 * @param {boolean} usesSecrets
 * @param {number} bytes
 */
function moduleText(index, usesSecrets, bytes) {
  const head = `process STEP_${index} {
    tag "$meta.id"
    label 'process_medium'
${usesSecrets ? `    secret 'API_KEY'\n    secret secrets.TOKEN_${index % 7} ? 'TOKEN_${index % 7}' : ''\n` : ''}
    conda "\${moduleDir}/environment.yml"

    input:
    tuple val(meta), path(reads)

    output:
    tuple val(meta), path("*.bam"), emit: bam
    path "versions.yml", emit: versions

    script:
    def args = task.ext.args ?: ''
    def prefix = task.ext.prefix ?: "\${meta.id}"
`;
  const body = `    """
    tool step \\\\
        $args \\\\
        --threads $task.cpus \\\\
        -o \${prefix}.bam $reads /* no comment */ 2> >(tee '\${prefix}.log' >&2)
    """
`;
  let text = head;
  while (text.length < bytes - 200) {
    text += `    if (meta.single_end && params.mode == 'a') { args += " --single \${reads.collect { it.name }.join(' ')}" } // line\n`;
  }
  return `${text}${body}}\n`;
}
