// The layers of src: each imports only from itself and from those above it in this list. CONTRIBUTING.md says what
// each is for.
const LAYERS = [
  'core/system',
  'core/secrets',
  'core/vault',
  'core/nextflow',
  'core/stores',
  'core/references',
  'core/pipeline',
  'core/diagnostics',
  'core/targets',
  'core/runs',
  'core/launch',
];
const SHELLS = ['cli', 'extension'];

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
    ...SHELLS.map((shell) => ({
      name: `${shell} knows no other shell`,
      severity: 'error',
      from: { path: within([shell]) },
      to: { path: within(SHELLS.filter((other) => other !== shell)) },
    })),
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
