import { type Command, CommanderError } from 'commander';
import {
  ensurePlatformGrant,
  type PlatformLaunch,
  planPlatformLaunch,
} from '../../../core/platform/launch/plan.ts';
import { submitLaunch } from '../../../core/platform/launch/submit.ts';
import { exitCodeOf } from '../../../core/platform/launch/watch.ts';
import type { LaunchWish } from '../../../core/platform/launch/wish.ts';
import type { PlatformContext } from '../../../core/platform/types.ts';
import { ExitCode, HumanError } from '../../../core/system/human-error.ts';
import { didYouMean } from '../../../core/system/near-miss.ts';
import { giveNotices } from '../../../core/system/notice.ts';
import { printable, printableJson } from '../../../core/system/printable.ts';
import { InterruptedError } from '../../ask.ts';
import { collect, examples, jsonOption } from '../../options.ts';
import { optionsAmong } from '../../launch-options.ts';
import type { Shell } from '../../shell.ts';
import { withAnyMissing } from '../launch.ts';
import { addPlannedOptions, type LaunchOptions, planOptions, wishOf } from './launch-options.ts';
import { launchJson, needsTable, sayLaunch } from './plan-words.ts';
import { inOption, type PlatformSession, withPlatform } from './session.ts';
import { pageOf, watch, type Watched } from './watch.ts';

export function addLaunch(platform: Command, shell: Shell): void {
  const command = platform
    .command('launch')
    .summary('run a pipeline there with the secrets that it needs')
    .description(
      'Launches a pipeline on the Platform with the secrets that its code needs, shows the output of the run, and ' +
        'ends with its exit code. Nothing is launched if a secret is missing.',
    )
    .usage('[options] PIPELINE [nextflow run options]')
    .argument('[pipeline]', 'a path in a git repository, OWNER/NAME of GitHub, or an address')
    .argument('[options...]', 'options of nextflow run that the Platform has, and parameters')
    .passThroughOptions()
    .addOption(inOption())
    .option('--compute-env <name>', 'compute environment: its name or id (default: the primary one)')
    .option('--work-dir <path>', 'work directory (default: that of the compute environment)')
    .option('--name <name>', 'name of the run (default: a new one)');
  addPlannedOptions(command)
    .option(
      '--allow-missing [name]',
      'launch although this secret, or any, is used but not there; repeatable (--allow-missing=NAME)',
      collect,
    )
    .option(
      '--grant <name>',
      'let this remote pipeline get one of your own secrets, or "all"; repeatable',
      collect,
    )
    .option('--dry-run', 'show what a launch would send, and send nothing')
    .option('--background', 'return when the run is launched, and print its id')
    .option('--yes', 'do not ask about files here that are not launched')
    .addOption(jsonOption('print JSON: the plan with --dry-run, else the run'))
    .addHelpText('after', EXAMPLES)
    .action(
      async (_pipeline: string | undefined, _words: string[], options: LaunchOptions, self: Command) => {
        const doubtful = optionsAmong(self.args, command);
        process.exitCode = await launch(
          wishOf(self.args, options, 'platform launch'),
          { ...options, doubtful },
          shell,
        );
      },
    )
    .exitOverride((error) => {
      throw explain(error, command);
    });
}

const EXAMPLES = `${examples(
  'nf-secrets platform launch --in my-lab/rnaseq main.nf -profile docker --outdir s3://BUCKET/results',
  'nf-secrets platform launch --dry-run --in my-lab/rnaseq nf-core/rnaseq -r 3.14.0',
  'nf-secrets platform launch --background --in my-lab/rnaseq . -params-file params.yml',
)}

Exit codes: that of the run if it failed (1 if the Platform has none); 130 if it was cancelled or left;
75 if the Platform has lost sight of it. nf-secrets --help lists all others.`;

/** Gives `--allow-missing` of a launch a name that means all, see `launch`. */
export function withAnyMissingThere(args: readonly string[], program: Command): string[] {
  const platform = program.commands.find((one) => one.name() === 'platform');
  const [first = '', ...rest] = args;
  if (platform === undefined || rest[0] !== 'launch') return [...args];
  return [first, ...withAnyMissing(rest, platform)];
}

type Asked = LaunchOptions & { readonly doubtful: readonly string[] };

async function launch(wish: LaunchWish, options: Asked, shell: Shell): Promise<number> {
  const { world } = shell;
  return withPlatform(world, async (session) => {
    const { client, host } = session;
    const context = await session.context(options.in);
    const { doubtful } = options;
    const plan = await planPlatformLaunch(
      { client, context },
      wish,
      { ...planOptions(options), doubtful },
      world,
    );
    if (options.dryRun === true) {
      await showDryRun(plan, { context, host, asJson: options.json === true }, shell);
      return 0;
    }
    if (plan.stop !== undefined) {
      giveNotices(plan.notes.filter(isWarning), world);
      throw plan.stop;
    }
    sayLaunch(plan, { context, host }, shell);
    await confirmDifferences(plan, options, shell);
    await ensurePlatformGrant(plan, options.grant ?? [], world);
    const isNameOurs = wish.runName === undefined;
    const { id, isObserved } = await submitLaunch(client, plan.request, context, { isNameOurs });
    if (isObserved) world.say('The answer of the Platform was lost; a look at its runs shows this one.');
    return follow({ id, plan, context }, options, session, shell);
  });
}

/** Lines of the list of secrets repeat what the error says. */
const isWarning = ({ fact }: PlatformLaunch['notes'][number]): boolean => !String(fact).startsWith('  ');

interface Launched {
  readonly id: string;
  readonly plan: PlatformLaunch;
  readonly context: PlatformContext;
}

/** Watches a run that was launched, or leaves it in the background. */
async function follow(
  { id, plan, context }: Launched,
  { json, background }: LaunchOptions,
  session: PlatformSession,
  shell: Shell,
): Promise<number> {
  const { world, print } = shell;
  const { client } = session;
  const userName = context.workspaceId === undefined ? (await session.user()).userName : '';
  const page = pageOf(client.endpoint, { context, id, userName });
  const { runName = '' } = plan.request;
  const asJson = (watched: Watched | undefined): string => {
    const run = watched?.run;
    const { status = null, exitStatus = null, errorMessage = null, messages = [] } = run ?? {};
    const exitCode = run === undefined ? null : exitCodeOf(run);
    const about = { id, runName, in: context.title, page, computeEnv: plan.computeEnv.name };
    return `${printableJson({ ...about, status, exitStatus, exitCode, errorMessage, messages })}\n`;
  };
  world.say(`Launched ${printable(runName)}, run ${printable(id)}: ${printable(page)}`);
  if (background === true) {
    await print(json === true ? asJson(undefined) : `${printable(id)}\n`);
    return 0;
  }
  const showLine = async (line: string): Promise<void> => {
    if (json === true) process.stderr.write(`${line}\n`);
    else await print(`${line}\n`);
  };
  const watched = await watch({ client, context, id }, showLine, shell);
  if (json === true) await print(asJson(watched));
  return watched.exitCode;
}

/** @throws HumanError 66 if the launch would stop with it. */
async function showDryRun(
  plan: PlatformLaunch,
  {
    context,
    host,
    asJson,
  }: { readonly context: PlatformContext; readonly host: string; readonly asJson: boolean },
  { world, print }: Shell,
): Promise<void> {
  if (asJson) {
    await print(`${printableJson(launchJson(plan, { context, host }))}\n`);
  } else {
    await print(needsTable(plan.needs));
    sayLaunch({ ...plan, needs: { ...plan.needs, secrets: [] } }, { context, host }, { world });
    giveNotices(plan.source.doubts, world);
    if (plan.ungranted.length > 0)
      world.say(
        `A launch asks whether this remote pipeline may have ${plan.ungranted.map(printable).join(', ')}.`,
      );
  }
  if (plan.stop !== undefined) throw plan.stop;
}

/**
 * Asks about what is here and not launched.
 *
 * @throws InterruptedError for a no; HumanError 64 if there is nobody to ask.
 */
async function confirmDifferences(
  { source }: PlatformLaunch,
  { yes }: LaunchOptions,
  { world }: Shell,
): Promise<void> {
  if (source.doubts.length === 0) return;
  giveNotices(source.doubts, world);
  if (yes === true) return;
  const answer = await world.ask(`Launch commit ${source.commit.slice(0, 10)} all the same?`);
  if (answer === true) return;
  if (answer === false) throw new InterruptedError();
  throw new HumanError(
    ExitCode.usage,
    'What is here differs from what would be launched, and there is no terminal to ask on. Nothing was launched.',
    { do: 'launch-as-pushed' },
  );
}

/** Explains an unknown option: Nextflow's own, with one dash, would be taken for ours before the pipeline. */
function explain(error: CommanderError, command: Command): Error {
  const flag = /unknown option '(.*)'/s.exec(error.message)?.[1];
  if (error.code !== 'commander.unknownOption' || flag === undefined) return error;
  const near = didYouMean(
    flag,
    flag.startsWith('--') ? command.options.flatMap(({ long }) => long ?? []) : [],
  );
  const what = flag.startsWith('--') ? 'a parameter of the pipeline' : 'an option of Nextflow';
  return new HumanError(
    ExitCode.usage,
    `platform launch has no option ${printable(flag)}.${String(near)}`,
    `If it is ${what}, put it after the pipeline: nf-secrets platform launch PIPELINE ${printable(flag)}`,
  );
}
