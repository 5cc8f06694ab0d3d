import { ConfigValue } from './config-value.ts';

/** All settings of the extension, but those of a target (`target-view.ts`); package.json describes each. */
export const settings = {
  nextflowPath: new ConfigValue('nextflowPath', ''),
  codeLens: new ConfigValue('codeLens.enabled', true),
  inlayHints: new ConfigValue('inlayHints.enabled', true),
  diagnostics: new ConfigValue('diagnostics.enabled', true),
  clipboardClearSeconds: new ConfigValue('clipboardClearSeconds', 30),
  target: new ConfigValue('launch.target', 'auto'),
  launchArguments: new ConfigValue<readonly string[]>('launch.arguments', []),
  prelude: new ConfigValue('launch.prelude', ''),
  runRoot: new ConfigValue('runRoot', ''),
} as const;
