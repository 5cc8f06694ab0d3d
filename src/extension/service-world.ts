import type { Uri } from 'vscode';
import type { World } from '../core/system/world.ts';
import { LAUNCH_OPTIONS } from './target-views.ts';

/**
 * A world in which a service is asked: what the settings say of launches there, such as a profile, counts for all that is
 * asked of it.
 */
export function serviceWorld(base: World, folder: Uri | undefined): World {
  const variables = LAUNCH_OPTIONS.flatMap((option) => {
    const value = option.setting.get(folder);
    return value !== '' && option.isRight(value) ? [[option.variables[0], value] as const] : [];
  });
  return variables.length === 0 ? base : { ...base, env: { ...base.env, ...Object.fromEntries(variables) } };
}
