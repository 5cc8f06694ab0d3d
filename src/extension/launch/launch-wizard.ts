import { l10n } from 'vscode';
import { printable } from '../../core/system/printable.ts';
import { createSecret } from '../secrets/create-secret.ts';
import type { Services } from '../services.ts';
import { alone, askPick } from '../steps.ts';
import { askArguments } from './ask-arguments.ts';
import { type Answers, definitionOf } from './answers.ts';
import { planFor } from './launch-plan.ts';
import { askOption, askParamsFile, askProfile, askSecrets, askTarget } from './launch-questions.ts';
import { chosenTarget } from './launch-target.ts';
import type { Pipeline } from './pipelines.ts';
import { type Choice, type Decision, wizardLines } from './wizard-lines.ts';

/**
 * Shows the launch in one list, with missing and overridden secrets first. Return on the first line launches. Any
 * other line changes its own answer, and the list comes back.
 *
 * @throws CancellationError
 */
export async function askHow(pipeline: Pipeline, before: Answers, services: Services): Promise<Decision> {
  let answers = before;
  for (;;) {
    const choice = await askChoice(pipeline, answers, services);
    if (typeof choice === 'string' && isLast(choice)) return { answers, then: choice };
    const change = await changeOf(choice, pipeline, answers, services);
    answers = { ...answers, ...change };
  }
}

const isLast = (choice: string): choice is Decision['then'] =>
  ['launch', 'launchWithout', 'plan', 'keep'].includes(choice);

async function askChoice(pipeline: Pipeline, answers: Answers, services: Services): Promise<Choice> {
  const plan = pipeline.isRemote
    ? undefined
    : await planFor(pipeline, definitionOf(pipeline, answers), services);
  const chosen = await askPick(alone(l10n.t('Launch {0}', printable(pipeline.word))), {
    placeholder:
      plan !== undefined && plan.missing.length > 0
        ? l10n.t('Something is missing; choose its line')
        : l10n.t('Return launches; choose a line to change it'),
    items: wizardLines(pipeline, answers, plan, services),
  });
  return chosen.choice ?? 'launch';
}

async function changeOf(
  choice: Exclude<Choice, Decision['then']>,
  pipeline: Pipeline,
  answers: Answers,
  services: Services,
): Promise<Partial<Answers>> {
  if (typeof choice === 'object' && 'option' in choice) {
    const { options = {} } = answers;
    const { property } = choice.option;
    return { options: { ...options, [property]: await askOption(choice.option, options[property]) } };
  }
  if (typeof choice === 'object') {
    await createSecret([{ name: choice.missing }], services);
    return {};
  }
  switch (choice) {
    case 'profile':
      return { profile: await askProfile(pipeline, answers.profile, services) };
    case 'paramsFile':
      return { paramsFile: await askParamsFile(pipeline, answers.paramsFile) };
    case 'arguments':
      return { arguments: await askArguments(pipeline, answers.arguments ?? [], services) };
    case 'resume':
      return { resume: !answers.resume };
    case 'secrets':
      return { secrets: await askSecrets(pipeline, answers, services) };
    case 'target':
      return { target: await askTarget(chosenTarget(answers, pipeline.folder)) };
  }
}
