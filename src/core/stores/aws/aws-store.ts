import type { SecretStore } from '../../secrets/secret-store.ts';
import type { WritableStore } from '../../secrets/writable-store.ts';
import { ExitCode, HumanError } from '../../system/human-error.ts';
import { phrase } from '../../system/phrase.ts';
import type { World } from '../../system/world.ts';
import type { WorkspaceFile } from '../workspace-file.ts';
import { assertPlaceAccepted, ensurePlaceAccepted } from './place-acceptance.ts';
import type { Place } from './place.ts';

/**
 * Opens the secrets of a workspace in AWS Secrets Manager as a store. Values are read and written only once the person has
 * accepted the file that names it; each use looks whether the credentials are of its account.
 */
export function awsStore(file: WorkspaceFile, world: World): Promise<WritableStore> {
  // The SDK is loaded when something is asked of AWS.
  const open = async (): Promise<Place> => (await import('./place.ts')).openPlace(file, world);
  const accepted = async (): Promise<Place> => {
    await assertPlaceAccepted(file, world);
    return open();
  };
  const changes = (): Promise<typeof import('./changes.ts')> => import('./changes.ts');
  return Promise.resolve({
    ...reading(file, world, { open, accepted }),
    scope: 'workspace',
    hasTrash: true,
    keepsExpiry: false,
    past: {
      deleted: async () => (await import('./listing.ts')).listDeleted(await open()),
      history: async (name) => (await import('./past.ts')).historyOf(await open(), name),
      undo: async (name, to) => (await import('./past.ts')).undoLast(await accepted(), name, to),
      forget: async (names) => (await import('./past.ts')).refuseToForget(names),
    },
    // AWS decides at each request.
    assertMayWrite: () => Promise.resolve(),
    ensureAccepted: async (accept) => {
      await ensurePlaceAccepted(file, accept, world);
      await open();
    },
    set: async (name, value, options = {}) =>
      (await changes()).setSecret(await accepted(), name, { value, ...options }),
    setDescription: async (name, description) =>
      (await changes()).describeSecret(await accepted(), name, description),
    delete: async (names) => {
      const until = await (await changes()).deleteAll(await accepted(), names);
      return { until, undo: async () => (await changes()).putAllBack(await accepted(), names) };
    },
    addName: async (names) => (await import('./names.ts')).addNameInAws(await accepted(), names),
    rename: async (rename) => (await import('./names.ts')).renameInAws(await accepted(), rename),
    fetch: async (name) => {
      const place = await accepted();
      const { present } = await import('./listing.ts');
      const { info } = await present(place, name);
      const read = (await (await import('./values.ts')).readValues(place, [name])).get(name);
      if (read === undefined) throw (await import('./place.ts')).notThere(place, name);
      return { value: read.value, description: info.description };
    },
    deleteIfStill: async (name, value) => (await changes()).deleteIfValue(await accepted(), name, value),
    previewImport: async (given, ifDifferent) =>
      (await import('./import-into.ts')).previewInAws(await accepted(), given, ifDifferent),
    importAll: async (given, ifDifferent, agreed) =>
      (await import('./import-into.ts')).importIntoAws(await accepted(), { given, ifDifferent, agreed }),
  });
}

const reading = (
  file: WorkspaceFile,
  world: World,
  { open, accepted }: { readonly open: () => Promise<Place>; readonly accepted: () => Promise<Place> },
): Pick<SecretStore, 'list' | 'read'> => ({
  list: async (options) => {
    if (options?.isLocal === true)
      throw new HumanError(
        ExitCode.unavailable,
        phrase`The secrets of this workspace are in AWS, which was not asked.`,
      );
    const { listPlace } = await import('./listing.ts');
    return listPlace(await open(), options);
  },
  read: async ({ names, accept, mayWithhold } = {}) => {
    if (names?.length === 0) return { values: new Map() };
    if (accept !== undefined) await ensurePlaceAccepted(file, accept, world);
    const place = await accepted();
    const { listPlace } = await import('./listing.ts');
    const wanted = names ?? [...(await listPlace(place)).keys()];
    const { readForRun } = await import('./references.ts');
    return readForRun(place, wanted, mayWithhold);
  },
});
