import assert from 'node:assert/strict';
import type { Phrase } from '../../src/core/system/phrase.ts';
import type { Action, LedAction, Remedy } from '../../src/core/system/remedy.ts';
import type { RemedyButton } from '../../src/extension/remedies.ts';
import { importExtension } from '../fixtures/import-extension.ts';

interface Remedies {
  readonly remedySentences: (
    remedies: readonly Remedy[],
    options: { readonly hasButtons: boolean },
  ) => string[];
  readonly remedyButtons: (remedies: readonly Remedy[]) => RemedyButton[];
  readonly factWithRemedies: (fact: Phrase, remedies: readonly Remedy[]) => string;
  readonly phrase: (parts: TemplateStringsArray, ...args: readonly string[]) => Phrase;
  readonly runForShell: (lead: Phrase, command: string) => LedAction;
}

/** The little of VS Code that remedies need. It notes the commands that are carried out. */
const VS_CODE = `
  exports.l10n = { t: (text, ...args) => {
    const [template, values] = typeof text === 'string' ? [text, args] : [text.message, text.args];
    return template.replace(/\\{(\\d+)\\}/g, (_, index) => String(values[Number(index)]));
  } };
  exports.commands = { executeCommand: (...call) => call };
  exports.Uri = { file: (path) => path };
  exports.window = {};
  exports.env = {};
`;

/** One of each action. */
const ACTIONS: { readonly [D in Action['do']]: Extract<Action, { readonly do: D }> } = {
  'set-secret': { do: 'set-secret', name: 'KEY' },
  'rename-secret': { do: 'rename-secret', name: 'KEY' },
  'delete-secret': { do: 'delete-secret', name: 'KEY', scope: 'workspace' },
  'import-nextflow': { do: 'import-nextflow' },
  'decide-import': { do: 'decide-import' },
  'accept-members': { do: 'accept-members', changed: 'members' },
  'rotate-key': { do: 'rotate-key' },
  'request-membership': { do: 'request-membership' },
  'add-member': { do: 'add-member' },
  'name-label': { do: 'name-label' },
  'change-role': { do: 'change-role', label: 'bob/laptop', role: 'admin' },
  'remove-member': { do: 'remove-member', label: 'bob/laptop' },
  'list-members': { do: 'list-members' },
  'sign-vault': { do: 'sign-vault' },
  resolve: { do: 'resolve' },
  'undo-change': { do: 'undo-change', name: 'KEY' },
  'show-history': { do: 'show-history', name: 'KEY' },
  'back-up-identity': { do: 'back-up-identity' },
  'show-identity': { do: 'show-identity' },
  'use-workspace': { do: 'use-workspace', directory: '/data/\u001b[31mred' },
  'choose-run-root': { do: 'choose-run-root' },
  grant: { do: 'grant', names: ['KEY'] },
  'list-grants': { do: 'list-grants' },
  'list-secrets': { do: 'list-secrets' },
  'send-only': { do: 'send-only' },
  'send-secret': { do: 'send-secret' },
  'allow-missing': { do: 'allow-missing' },
  sweep: { do: 'sweep', run: 'zwd26tlw99pm' },
  'list-runs': { do: 'list-runs' },
  'stop-run': { do: 'stop-run', run: 'zwd26tlw99pm' },
  'launch-in-background': { do: 'launch-in-background' },
  'list-logs': { do: 'list-logs' },
  'place-options': { do: 'place-options', names: ['dry-run'] },
  'run-command': { do: 'run-command', isNextflow: true },
  'name-nextflow': { do: 'name-nextflow' },
  'ask-nextflow': { do: 'ask-nextflow' },
  'ask-again': { do: 'ask-again' },
  'find-leaks': { do: 'find-leaks' },
  'choose-target': { do: 'choose-target', target: 'aws-batch' },
  'leave-run': { do: 'leave-run', toLaunch: true },
  'send-to-outer-run': { do: 'send-to-outer-run', names: ['KEY'] },
  'make-execution-role': { do: 'make-execution-role' },
  'choose-profile': { do: 'choose-profile' },
  'add-statement': { do: 'add-statement', statement: '{}' },
  'name-in-check': { do: 'name-in-check', what: 'queue' },
  'leave-out-user': { do: 'leave-out-user' },
  'submit-launch': { do: 'submit-launch' },
  'platform-login': { do: 'platform-login' },
  'list-platform-workspaces': { do: 'list-platform-workspaces' },
  'set-platform-secret': { do: 'set-platform-secret', name: 'API_KEY', context: 'fake-lab/rnaseq' },
  'launch-as-pushed': { do: 'launch-as-pushed' },
  'watch-platform-run': { do: 'watch-platform-run', run: 'fakeRun1', context: 'fake-lab/rnaseq' },
  'cancel-platform-run': { do: 'cancel-platform-run', run: 'fakeRun1', context: 'user' },
  run: { do: 'run', command: 'chmod 600 file' },
  'open-file': { do: 'open-file', path: '/data/file' },
};
/** Actions that VS Code does not have. */
const WITHOUT_SENTENCE: readonly Action['do'][] = ['list-grants', 'launch-in-background', 'list-logs'];

describe('remedies in VS Code', () => {
  let of: Remedies;

  before(async () => {
    of = await importExtension(['extension/remedies', 'core/system/phrase', 'core/system/remedy'], VS_CODE);
  });

  it('cleans nothing up in the place of jobs that are to end: a clean-up would keep that run', () => {
    const action = { do: 'sweep', run: 'zwd26tlw99pm', cancelJobs: true } as const;
    const [sentence = ''] = of.remedySentences([{ ...action, lead: of.phrase`To end them` }], {
      hasButtons: true,
    });
    assert.match(sentence, /^To end them: .*sweep --cancel-jobs/);
    assert.deepEqual(of.remedyButtons([action]), []);
  });

  it('has a sentence for each action where there are no buttons, or where it has a purpose', () => {
    const lead = of.phrase`If the moon is full`;
    for (const action of Object.values(ACTIONS)) {
      if (WITHOUT_SENTENCE.includes(action.do)) continue;
      const [alone = ''] = of.remedySentences([action], { hasButtons: false });
      assert.notEqual(alone, '', action.do);
      for (const hasButtons of [true, false]) {
        const [led = ''] = of.remedySentences([{ ...action, lead }], { hasButtons });
        assert.match(led, /^If the moon is full: \S/, action.do);
        assert.equal(led.match(/\bIf\b/g)?.length, 1, led);
      }
    }
  });

  it('has a button or a sentence for each action of an error', () => {
    for (const action of Object.values(ACTIONS)) {
      if (WITHOUT_SENTENCE.includes(action.do)) continue;
      const words = of.remedySentences([action], { hasButtons: true });
      assert.ok(words.length + of.remedyButtons([action]).length > 0, action.do);
    }
    assert.deepEqual(of.remedySentences([ACTIONS['set-secret']], { hasButtons: true }), []);
  });

  it('cleans up and stops the run that the message is about', () => {
    const call = (remedy: Remedy): unknown[] => of.remedyButtons([remedy]).map(({ run }) => run());
    assert.deepEqual(call(ACTIONS.sweep), [['nextflowSecrets.sweepRuns', 'zwd26tlw99pm']]);
    assert.deepEqual(call({ do: 'sweep' }), [['nextflowSecrets.sweepRuns']]);
    assert.deepEqual(call(ACTIONS['stop-run']), [['nextflowSecrets.stopRun', 'zwd26tlw99pm']]);
    assert.deepEqual(call({ do: 'stop-run' }), []);
    assert.deepEqual(
      of.remedySentences([{ do: 'stop-run', lead: of.phrase`Stop it on its own machine` }], {
        hasButtons: true,
      }),
      ['Stop it on its own machine: In a terminal there, nf-secrets can end it.'],
    );
  });

  it('offers no terminal for a command that changes only its own shell', () => {
    const remedy = of.runForShell(of.phrase`Or do without it`, 'unset SOPS_AGE_KEY');
    assert.deepEqual(of.remedyButtons([remedy]), []);
    assert.deepEqual(of.remedySentences([remedy], { hasButtons: true }), [
      'Or do without it: unset SOPS_AGE_KEY in a shell, then close VS Code, and start it from that shell.',
    ]);
    assert.equal(of.remedyButtons([ACTIONS.run]).length, 1);
  });

  it('shows no control characters', () => {
    const [sentence = ''] = of.remedySentences([ACTIONS['use-workspace']], { hasButtons: true });
    assert.equal(sentence, 'Open the folder /data/[31mred to use it.');
  });

  it('joins a fact and its remedies', () => {
    assert.equal(
      of.factWithRemedies(of.phrase`Run R is over.`, [{ ...ACTIONS.sweep, lead: of.phrase`Remove them` }]),
      'Run R is over. Remove them: The view Runs can clean up run zwd26tlw99pm.',
    );
  });
});
