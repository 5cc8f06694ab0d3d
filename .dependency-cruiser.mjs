// The layers of src: each imports only from itself and from those above it in this list. CONTRIBUTING.md says what
// each is for.
const LAYERS = [
  'core/system',
  'core/secrets',
  'core/aws',
  'core/vault',
  'core/nextflow',
  'core/leaks',
  'core/stores',
  'core/references',
  'core/pipeline',
  'core/diagnostics',
  'core/targets',
  'core/runs',
  'core/launch',
  'core/platform',
];
const SHELLS = ['cli', 'extension'];

// The folders of src/core/references, in the same order: the grammar knows the rules, and no rule knows the grammar.
const READING = ['lexer', 'reading', 'flow', 'rules', 'grammar'];

// The features of the extension. Each imports from itself, from what they share (the files of src/extension itself,
// and of its folders without a feature), and from the doors of others that it needs.
const DOORS = {
  secrets: [],
  editor: [],
  members: [],
  leaks: [],
  // A run that has ended may have leaks.
  runs: ['leaks/'],
  // The wizard asks for a secret that is missing.
  launch: ['secrets/create-secret'],
  // A check of AWS is one of a launch.
  aws: ['launch/'],
  // A secret is asked for, chosen and read there as for any other scope.
  platform: ['secrets/'],
};
const FEATURES = Object.keys(DOORS);
// extension.ts starts all of them, target-views.ts is the registry of how targets are shown.

const within = (folders) => `^src/(${folders.join('|')})/`;

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-circles',
      comment: 'Two files that need each other are one, or need a third: put the types of both there.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    ...LAYERS.map((layer, index) => ({
      name: `${layer} imports from the layers above it`,
      severity: 'error',
      from: { path: within([layer]) },
      to: { path: within([...LAYERS.slice(index + 1), ...SHELLS]) },
    })),
    ...READING.map((part, index) => ({
      name: `core/references/${part} imports from the folders above it`,
      severity: 'error',
      from: { path: `^src/core/references/${part}/` },
      to: { path: `^src/core/references/(${[...READING.slice(index + 1), 'read-source'].join('|')})` },
    })),
    ...SHELLS.map((shell) => ({
      name: `${shell} knows no other shell`,
      severity: 'error',
      from: { path: within([shell]) },
      to: { path: within(SHELLS.filter((other) => other !== shell)) },
    })),
    ...FEATURES.map((feature) => ({
      name: `${feature} of the extension knows no other feature but by its doors`,
      severity: 'error',
      from: { path: `^src/extension/${feature}/` },
      to: {
        path: `^src/extension/(${FEATURES.filter((other) => other !== feature).join('|')})/`,
        ...(DOORS[feature].length > 0 && { pathNot: `^src/extension/(${DOORS[feature].join('|')})` }),
      },
    })),
    {
      name: 'what features of the extension share knows none of them',
      severity: 'error',
      from: {
        path: '^src/extension/',
        pathNot: `^src/extension/((extension|target-views)\\.ts$|(${FEATURES.join('|')})/)`,
      },
      to: { path: `^src/extension/(${FEATURES.join('|')})/` },
    },
    {
      name: 'each file has a layer',
      severity: 'error',
      from: { path: '^src/', pathNot: within([...LAYERS, ...SHELLS]) },
      to: {},
    },
    {
      name: 'no file without a layer is imported',
      severity: 'error',
      from: {},
      to: { path: '^src/', pathNot: within([...LAYERS, ...SHELLS]) },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.json'] },
  },
};
