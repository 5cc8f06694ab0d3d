import { type Phrase, phrase } from '../system/phrase.ts';

// Nextflow puts the value of a setting into files, messages and descriptions. This was found in its sources and by runs
// of 22.10.7, 24.10.0 and 25.04.4 with a value in every setting (test/nextflow/config-sinks.test.ts). The settings are
// those of https://docs.seqera.io/nextflow/reference/config and /reference/process. Settings newer than 25.04 were read
// in the sources alone: `hints`, `registry` and `seqera` are of 26.04, `agent`, `packages` and `smolvm` of later
// versions.

/** Descriptions of what Nextflow does with a value, each as the end of a sentence, with a remedy. */
const PLACES = {
  wrapper: {
    ends: phrase`Nextflow writes it as plain text into .command.run of tasks`,
    remedy: phrase`Ask for it by the directive secret, and let the shell of the task read it.`,
  },
  image: {
    ends: phrase`Nextflow writes the name of an image into .command.run, .nextflow.log and the report`,
    remedy: phrase`Log in to the registry instead.`,
  },
  path: {
    ends: phrase`it becomes a part of the name of a file or directory, and Nextflow logs such names`,
    remedy: phrase`Use a name that is no secret.`,
  },
  submit: {
    ends: phrase`Nextflow gives it to the scheduler in .command.run or as an argument, and schedulers show it to
      others`,
    remedy: phrase`Use a text that is no secret.`,
  },
  job: {
    ends: phrase`it becomes a part of the description of jobs and machines in the cloud, which others of the
      account can read`,
    remedy: phrase`Use a text that is no secret.`,
  },
  pod: {
    ends: phrase`it becomes a part of the specification of pods, which others of the cluster can read`,
    remedy: phrase`Name a Secret of Kubernetes instead.`,
  },
  log: { ends: phrase`Nextflow writes it into .nextflow.log`, remedy: phrase`Use a text that is no secret.` },
  label: {
    ends: phrase`Nextflow compares it with selectors of configs, and prints one that is no valid label`,
    remedy: phrase`Use a text that is no secret.`,
  },
  command: {
    ends: phrase`it becomes an argument of a command that Nextflow runs, and gets into .nextflow.log if that fails`,
    remedy: phrase`Use the configuration files of that program.`,
  },
  address: {
    ends: phrase`Nextflow writes such an address into messages and .nextflow.log`,
    remedy: phrase`Use an address without a key in it.`,
  },
  plugin: {
    ends: phrase`Nextflow logs which plugins it loads`,
    remedy: phrase`Use a text that is no secret.`,
  },
  trace: {
    ends: phrase`Nextflow writes it into the trace file`,
    remedy: phrase`Use a text that is no secret.`,
  },
  manifest: {
    ends: phrase`pipelines print their manifest, Nextflow shows it, and monitoring services are sent it`,
    remedy: phrase`Use a text that is no secret.`,
  },
  prompt: {
    ends: phrase`it is sent to the provider of the model, and Nextflow keeps prompts in .command.sh and the cache
      of tasks`,
    remedy: phrase`Use a text that is no secret.`,
  },
  mail: {
    ends: phrase`Nextflow sends it by mail`,
    remedy: phrase`Use a text that is no secret.`,
  },
} as const;

type Place = keyof typeof PLACES;

/** `fine`: the value is a key, the name of an account, a number or a switch, and Nextflow keeps it for itself. */
type Verdict = Place | 'fine';

/**
 * Directives of processes, except `TASK_SETTINGS` (their value gets into the script or its environment) and `tag`
 * (it is printed).
 */
const DIRECTIVES: Readonly<Record<string, Verdict>> = {
  accelerator: 'job',
  conda: 'command',
  container: 'image',
  // For example `consumableResources`, which Nextflow puts into job definitions of AWS Batch.
  hints: 'job',
  label: 'label',
  machineType: 'job',
  module: 'wrapper',
  package: 'command',
  penv: 'submit',
  pod: 'pod',
  publishDir: 'path',
  queue: 'submit',
  resourceLabels: 'job',
  scratch: 'wrapper',
  shell: 'wrapper',
  spack: 'command',
  storeDir: 'path',
};

const CONTAINERS = [
  'docker',
  'podman',
  'singularity',
  'apptainer',
  'charliecloud',
  'shifter',
  'sarus',
  'appleContainer',
  'smolvm',
];

/** Settings. A row also counts for all settings below it; `*` is any name. The row with the longest path wins. */
const SETTINGS: Readonly<Record<string, Verdict>> = {
  ...Object.fromEntries(
    CONTAINERS.flatMap((engine): [string, Verdict][] => [
      [engine, 'wrapper'],
      [`${engine}.cacheDir`, 'path'],
      [`${engine}.libraryDir`, 'path'],
    ]),
  ),
  ...Object.fromEntries(Object.entries(DIRECTIVES).map(([name, verdict]) => [`process.${name}`, verdict])),
  process: 'fine',
  workDir: 'path',
  bucketDir: 'path',
  outputDir: 'path',
  libDir: 'path',
  cleanup: 'fine',
  resume: 'fine',
  dumpHashes: 'fine',
  dumpChannels: 'fine',
  report: 'path',
  timeline: 'path',
  dag: 'path',
  trace: 'trace',
  'trace.file': 'path',
  lineage: 'path',
  weblog: 'fine',
  'weblog.url': 'address',
  includeConfig: 'address',
  plugins: 'plugin',
  registry: 'fine',
  'registry.url': 'address',
  agent: 'prompt',
  'agent.apiKey': 'fine',
  'agent.baseUrl': 'address',
  'agent.runner': 'plugin',
  manifest: 'manifest',
  mail: 'fine',
  notification: 'fine',
  'notification.attributes': 'mail',
  'notification.template': 'path',
  nextflow: 'fine',
  workflow: 'fine',
  'workflow.output.tags': 'job',
  'workflow.workflowOutput.tags': 'job',
  executor: 'fine',
  'executor.account': 'submit',
  'executor.jobName': 'submit',
  'executor.*.account': 'submit',
  'executor.*.jobName': 'submit',
  conda: 'command',
  'conda.cacheDir': 'path',
  spack: 'command',
  'spack.cacheDir': 'path',
  packages: 'command',
  seqera: 'job',
  'seqera.executor.endpoint': 'address',
  fusion: 'wrapper',
  wave: 'log',
  tower: 'fine',
  'tower.endpoint': 'log',
  k8s: 'pod',
  'k8s.client': 'fine',
  'k8s.context': 'fine',
  aws: 'fine',
  'aws.batch': 'job',
  // Tasks upload with them.
  'aws.client.storageClass': 'wrapper',
  'aws.client.uploadStorageClass': 'wrapper',
  'aws.client.storageEncryption': 'wrapper',
  'aws.client.storageKmsKeyId': 'wrapper',
  azure: 'fine',
  'azure.batch.pools': 'job',
  'azure.storage.fileShares': 'job',
  google: 'fine',
  'google.batch': 'job',
  'google.lifeSciences': 'job',
};

interface Node {
  verdict?: Verdict;
  readonly below: Map<string, Node>;
}

const root: Node = { below: new Map() };
for (const [path, verdict] of Object.entries(SETTINGS)) {
  let node = root;
  for (const name of path.split('.')) {
    const next: Node = node.below.get(name) ?? { below: new Map() };
    node.below.set(name, next);
    node = next;
  }
  node.verdict = verdict;
}

/**
 * Tells what Nextflow does with the value of a setting.
 *
 * @param path - for example `['docker', 'runOptions']`, without profile and selectors.
 * @returns undefined for a setting of a plugin: nothing is known of it.
 */
export function verdictOn(path: readonly string[]): Verdict | undefined {
  let node: Node | undefined = root;
  let verdict: Verdict | undefined;
  for (const name of path) {
    node = node.below.get(name) ?? node.below.get('*');
    if (node === undefined) break;
    verdict = node.verdict ?? verdict;
  }
  return verdict;
}

/** The name of a setting, if other people can see its value; else undefined. */
export function exposedSetting(path: readonly string[]): string | undefined {
  const verdict = verdictOn(path);
  if (verdict === undefined || verdict === 'fine') return undefined;
  return path[0] === 'process' ? path.slice(0, 2).join('.') : path.join('.');
}

/** Does the same for a directive of a process in a script. */
export function exposedDirective(name: string): string | undefined {
  return Object.hasOwn(DIRECTIVES, name) ? exposedSetting(['process', name]) : undefined;
}

/** Does the same for a directive, or the prompt, of an agent: the model gets all of them. */
export const exposedPrompt = (name: string): string => `agent.${name}`;

/** Describes what Nextflow does with a value in such a setting, and the remedy. */
export function exposure(setting: string): { readonly ends: Phrase; readonly remedy: Phrase } {
  const verdict = verdictOn(setting.split('.'));
  return PLACES[verdict === undefined || verdict === 'fine' ? 'log' : verdict];
}
