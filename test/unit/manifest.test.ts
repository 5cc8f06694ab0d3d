import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TARGET_IDS } from '../../src/core/targets/targets.ts';
import { PROJECT } from '../fixtures/sandbox.ts';

interface Command {
  readonly command: string;
  readonly title: string;
}

interface Manifest {
  readonly activationEvents: readonly string[];
  readonly icon: string;
  readonly capabilities: {
    readonly untrustedWorkspaces: { readonly restrictedConfigurations: readonly string[] };
  };
  readonly contributes: {
    readonly commands: readonly Command[];
    readonly menus: Readonly<Record<string, readonly { readonly command: string; readonly when?: string }[]>>;
    readonly keybindings: readonly { readonly command: string; readonly when?: string }[];
    readonly views: Readonly<Record<string, readonly { readonly id: string }[]>>;
    readonly viewsWelcome: readonly {
      readonly view: string;
      readonly when?: string;
      readonly contents: string;
    }[];
    readonly grammars: readonly {
      readonly scopeName: string;
      readonly path: string;
      readonly injectTo: readonly string[];
    }[];
    readonly configuration: { readonly properties: Readonly<Record<string, { readonly default: unknown }>> };
    readonly taskDefinitions: readonly {
      readonly type: string;
      readonly required: readonly string[];
      readonly properties: Readonly<Record<string, unknown>>;
    }[];
    readonly walkthroughs: readonly {
      readonly steps: readonly {
        readonly description: string;
        readonly media: { readonly image: string };
        readonly completionEvents: readonly string[];
      }[];
    }[];
  };
}

const read = (path: string): string => readFileSync(join(PROJECT, path), 'utf8');
const manifest = JSON.parse(read('package.json')) as Manifest;
const strings = JSON.parse(read('package.nls.json')) as Record<string, string>;
const { contributes } = manifest;
const source = readdirSync(join(PROJECT, 'src/extension'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => read(join('src/extension', name)))
  .join('\n');

const sorted = (names: Iterable<string>): string[] => [...new Set(names)].sort();

/** All matches of an expression's first group. */
const found = (text: string, expression: RegExp): string[] =>
  Array.from(text.matchAll(expression), ([, name = '']) => name);

const commandIds = found(/export type CommandId =([^;]*);/.exec(source)?.[1] ?? '', /'(\w+)'/g).map(
  (name) => `nextflowSecrets.${name}`,
);
const whenClauses = [
  ...Object.values(contributes.menus).flat(),
  ...contributes.keybindings,
  ...contributes.viewsWelcome,
].map(({ when = '' }) => when);

describe('the manifest against the code', () => {
  it('has the commands that the code has', () => {
    assert.deepEqual(sorted(contributes.commands.map(({ command }) => command)), sorted(commandIds));
  });

  it('has in menus, keys, links and events only commands and views that there are', () => {
    const views = Object.values(contributes.views)
      .flat()
      .map(({ id }) => id);
    const texts = JSON.stringify(strings);
    const commands = [
      ...Object.values(contributes.menus)
        .flat()
        .map(({ command }) => command),
      ...contributes.keybindings.map(({ command }) => command),
      ...found(texts, /command:(nextflowSecrets\.\w+)\)/g),
      ...contributes.walkthroughs
        .flatMap(({ steps }) => steps.flatMap(({ completionEvents }) => completionEvents))
        .flatMap((event) => found(event, /^onCommand:(.*)$/g)),
    ];
    for (const command of commands) assert.ok(commandIds.includes(command), command);
    for (const { view } of contributes.viewsWelcome) assert.ok(views.includes(view), view);
    for (const when of whenClauses)
      for (const view of found(when, /(?:view|focusedView) == (\S+)/g)) assert.ok(views.includes(view), view);
    for (const view of views) assert.ok(source.includes(`createTreeView('${view}'`), view);
  });

  it('offers every command that decrypts, changes or starts something only where that is trusted', () => {
    const acting = found(source, /(\w+): act\(/g).concat(found(source, /(\w+): \{\s*needsTrust: true/g));
    assert.ok(acting.length >= 10, acting.join(' '));
    for (const name of acting) {
      for (const [menu, items] of Object.entries(contributes.menus)) {
        for (const { command, when } of items) {
          if (command !== `nextflowSecrets.${name}`) continue;
          assert.match(when ?? '', /isWorkspaceTrusted/, `${command} in ${menu}`);
        }
      }
      const inPalette = contributes.menus['commandPalette']?.find(
        ({ command }) => command === `nextflowSecrets.${name}`,
      );
      assert.ok(inPalette !== undefined, `${name} in the palette`);
    }
  });

  it('has the settings that the code reads, with the same defaults', () => {
    const readers = Array.from(
      source.matchAll(/new ConfigValue(?:<[^>]*>)?\('([\w.]+)', ([^)]*)\)/g),
      ([, name = '', fallback = '']) => [`nextflowSecrets.${name}`, fallback.replaceAll("'", '"')] as const,
    );
    assert.deepEqual(
      sorted(Object.keys(contributes.configuration.properties)),
      sorted(readers.map(([id]) => id)),
    );
    for (const [id, fallback] of readers) {
      assert.equal(JSON.stringify(contributes.configuration.properties[id]?.default), fallback, id);
    }
  });

  it('colours by grammars that are there, with the scopes of Nextflow and Groovy', () => {
    for (const { scopeName, path, injectTo } of contributes.grammars) {
      const grammar = JSON.parse(read(path)) as { scopeName: string };
      assert.equal(grammar.scopeName, scopeName);
      assert.deepEqual(injectTo, ['source.nextflow', 'source.nextflow-config', 'source.groovy']);
    }
    assert.deepEqual(
      sorted(contributes.grammars.map(({ path }) => path.replace('./syntaxes/', ''))),
      sorted(readdirSync(join(PROJECT, 'syntaxes'))),
    );
  });

  it('restricts every setting that decides which code runs or where secrets go', () => {
    const harmless = [
      'codeLens.enabled',
      'inlayHints.enabled',
      'diagnostics.enabled',
      'clipboardClearSeconds',
    ].map((name) => `nextflowSecrets.${name}`);
    const restricted = manifest.capabilities.untrustedWorkspaces.restrictedConfigurations;
    assert.deepEqual(
      sorted([...restricted, ...harmless]),
      sorted(Object.keys(contributes.configuration.properties)),
    );
  });

  it('has every setting that a folder may give either restricted or only about what is shown', () => {
    const { properties } = contributes.configuration as unknown as {
      properties: Record<string, { scope: string }>;
    };
    const restricted = manifest.capabilities.untrustedWorkspaces.restrictedConfigurations;
    const free = Object.entries(properties)
      .filter(([id, { scope }]) => !['application', 'machine'].includes(scope) && !restricted.includes(id))
      .map(([id]) => id.replace('nextflowSecrets.', ''));
    assert.deepEqual(sorted(free), ['codeLens.enabled', 'diagnostics.enabled', 'inlayHints.enabled']);
  });

  it('does not let a folder say how long a copied value stays on the clipboard', () => {
    const { properties } = contributes.configuration as unknown as {
      properties: Record<string, { scope: string }>;
    };
    assert.equal(properties['nextflowSecrets.clipboardClearSeconds']?.scope, 'application');
  });

  it('escapes what files say in one way alone, and trusts no Markdown as a whole', () => {
    assert.doesNotMatch(source, /\.appendText\(|\.appendCodeblock\(|supportHtml|supportThemeIcons/);
    assert.deepEqual(found(source, /\b(isTrusted = .*);/g), ['isTrusted = { enabledCommands: COMMANDS }']);
  });

  it('reads in conditions only context keys that the code sets, or VS Code', () => {
    const set = found(source, /new ContextKey<[\s\S]*?>\('(nextflowSecrets\.\w+)'\)/g);
    const used = whenClauses.flatMap((when) => found(when, /(nextflowSecrets\.\w+)/g));
    const views = Object.values(contributes.views)
      .flat()
      .map(({ id }) => id);
    assert.deepEqual(sorted(used.filter((name) => !views.includes(name))), sorted(set));
  });

  it('shows no item of a kind that the trees do not have', () => {
    const kinds = [
      'secret.user',
      'secret.workspace',
      'secret.nextflow',
      'missing',
      'root.user',
      'root.workspace',
    ];
    const all = [
      ...kinds.map((kind) => `${kind}.used`),
      ...kinds,
      ...['secret.readable', 'root.readable', 'root.readable.fixed.sign', 'root.readable.resolve'],
      ...['root.unread', 'root.unread.open', 'root.readable.open', 'root.readable.request'],
      ...['members', 'members.changeable', 'member', 'member.role', 'member.role.removable'],
      ...['secret.workspace.kept', 'root.remote', 'root.remote.accept', 'root.remote.reach'],
      ...['platformContext.writable', 'platformContext.readable.workspace', 'platformSecret.writable'],
      ...['platformMissing.writable'],
      ...['root.missing', 'root.nextflow', 'run.running', 'run.over', 'run.unknown', 'leaks.run'],
    ];
    for (const when of whenClauses) {
      for (const expression of found(when, /viewItem =~ \/((?:\\.|[^/])*)\//g)) {
        assert.ok(
          all.some((kind) => new RegExp(expression).test(kind)),
          expression,
        );
      }
      for (const kind of found(when, /viewItem == (\S+)/g)) assert.ok(all.includes(kind), kind);
    }
  });

  it('has every string that it refers to, and no other', () => {
    const used = found(read('package.json'), /"%([\w.]+)%"/g);
    assert.deepEqual(sorted(used), sorted(Object.keys(strings)));
  });

  it('has the properties of a task that the code reads', () => {
    const [task] = contributes.taskDefinitions;
    assert.equal(task?.type, /TASK_TYPE = '([^']*)'/.exec(source)?.[1]);
    const list = /const PROPERTIES[^{]*\{([\s\S]*?)\n\};/.exec(source)?.[1] ?? '';
    // Each option of launches to a target has a property.
    const read = [...found(list, /^ {2}(\w+):/gm), ...found(source, /property: '(\w+)',\s*setting:/g)];
    assert.deepEqual(sorted(Object.keys(task?.properties ?? {})), sorted(read));
    assert.deepEqual(task?.required, ['pipeline']);
  });

  it('offers each target in settings and tasks', () => {
    const [task] = contributes.taskDefinitions;
    for (const property of [
      contributes.configuration.properties['nextflowSecrets.launch.target'],
      task?.properties['target'],
    ])
      assert.deepEqual((property as { enum: unknown } | undefined)?.enum, ['auto', ...TARGET_IDS]);
  });

  it('is activated by Nextflow code alone; commands, views and tasks activate by themselves', () => {
    assert.deepEqual(manifest.activationEvents, [
      'onLanguage:nextflow',
      'workspaceContains:**/*.nf',
      'workspaceContains:**/nextflow.config',
    ]);
  });

  it('has the pictures that it names', () => {
    const images = contributes.walkthroughs.flatMap(({ steps }) => steps.map(({ media }) => media.image));
    for (const image of [...images, manifest.icon, 'media/view.svg'])
      assert.ok(existsSync(join(PROJECT, image)), image);
  });
});
