import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { lstat, open, rename, unlink } from './file-calls.ts';
import { ExitCode, fileError, HumanError, systemErrorCode } from './human-error.ts';
import { printable, shellWord } from './printable.ts';
import { isProcessIdentity, ownProcess, type ProcessIdentity, processState } from './process-identity.ts';
import { readRegularFile } from './open-file.ts';
import type { World } from './world.ts';
import { type Phrase, phrase } from './phrase.ts';
import { run } from './remedy.ts';
import { monotonic } from './monotonic.ts';

/** Age, in milliseconds, at which a lock of another machine, or one without an owner's name, is over. */
const FOREIGN_STALE = 60_000;
/** A lock's owner writes its name right after making the file; one still without after this was killed between. */
const NAMELESS_STALE = 2_000;
/** Longest wait for a lock before giving up. Longer than the longest time that a dead owner's lock counts. */
const PATIENCE = 90_000;
/** Time after a takeover in which another process that saw the same dead owner shows itself. */
const SETTLE = 30;

/** Largest size of a lock's text, in bytes; a larger one is none of ours. */
const MAX_LOCK_BYTES = 4096;

interface Owner extends ProcessIdentity {
  readonly token: string;
}

interface SeenLock {
  readonly text: string;
  readonly mtime: number;
  readonly owner: Owner | undefined;
}

export interface Lock {
  /** @throws LostLockError if another process has taken the lock over. */
  assertHeld(): Promise<void>;
}

/** Another process took the lock over, because it held us for dead. {@link withLock} starts the action again. */
export class LostLockError extends Error {}

/**
 * Runs `action` while holding the lock of a file: one holder among all processes of all machines that share the
 * file system.
 *
 * The lock is the file `<path>.lock`, made exclusively, with its owner's host, boot, pid and start time. A dead
 * owner of this machine loses it at once. Nothing can be known of another machine's owner, so its lock counts
 * for 60 s by the file server's clock: its mtime against the mtime of a file made just now. A takeover renames
 * our own lock file over the dead one. Because a process can be held for dead while it only slept, an action
 * asks `assertHeld()` right before it makes its change.
 *
 * @param patience - longest wait for another owner, in milliseconds.
 * @throws HumanError 73 or 74 if the lock cannot be made, or its owner does not let go of it.
 */
export async function withLock<T>(
  path: string,
  world: World,
  action: (lock: Lock) => Promise<T>,
  patience = PATIENCE,
): Promise<T> {
  const lockPath = `${path}.lock`;
  for (let tries = 0; ; tries++) {
    const token = await acquire(lockPath, world, patience);
    const held = async (): Promise<boolean> => (await look(lockPath))?.owner?.token === token;
    try {
      return await action({
        assertHeld: async () => {
          if (!(await held())) throw new LostLockError(`lost ${lockPath}`);
        },
      });
    } catch (error) {
      if (!(error instanceof LostLockError)) throw error;
      if (tries >= 5) {
        throw new HumanError(
          ExitCode.io,
          phrase`The lock ${printable(lockPath)} was taken over again and again by other processes.`,
          phrase`Try again when fewer programs write there.`,
        );
      }
    } finally {
      if (await held().catch(() => false)) await unlink(lockPath).catch(() => undefined);
    }
  }
}

async function acquire(lockPath: string, world: World, patience: number): Promise<string> {
  const token = randomBytes(12).toString('hex');
  const text = JSON.stringify({ ...ownProcess(world.platform), token } satisfies Owner);
  const started = monotonic();
  let waiting: SeenLock | undefined;
  let waitingSince = started;
  let isAnnounced = false;
  for (;;) {
    if (await create(lockPath, text)) return token;
    const seen = await look(lockPath);
    if (seen === undefined) continue;
    if (waiting?.text !== seen.text || waiting.mtime !== seen.mtime) {
      waiting = seen;
      waitingSince = monotonic();
    }
    const dead = await whyDead(lockPath, seen, monotonic() - waitingSince, world);
    if (dead !== undefined && (await takeOver(lockPath, seen, text, token))) {
      world.notice(phrase`Took over the lock ${printable(lockPath)}: ${dead}.`);
      return token;
    }
    const waited = monotonic() - started;
    if (waited > patience) {
      throw new HumanError(
        ExitCode.io,
        phrase`The lock ${printable(lockPath)} is held by ${describe(seen)}.`,
        run(
          phrase`Wait for that program or end it. If you are sure that none is running`,
          `rm ${shellWord(lockPath)}`,
        ),
      );
    }
    if (waited > 1_000 && !isAnnounced) {
      isAnnounced = true;
      world.notice(phrase`Waiting for the lock ${printable(lockPath)}, held by ${describe(seen)} …`);
    }
    // A random pause, so that processes that wait together do not try together.
    await sleep(3 + Math.random() * Math.min(20 + waited / 10, 250));
  }
}

async function create(lockPath: string, text: string): Promise<boolean> {
  let handle;
  try {
    handle = await open(lockPath, 'wx', 0o600);
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return false;
    throw fileError(error, 'create the lock', lockPath);
  }
  try {
    await handle.writeFile(text);
    await handle.close();
    return true;
  } catch (error) {
    await handle.close().catch(() => undefined);
    await unlink(lockPath).catch(() => undefined);
    throw fileError(error, 'write the lock', lockPath);
  }
}

async function look(lockPath: string): Promise<SeenLock | undefined> {
  try {
    // Not followed, and opened only if it is a file: a workspace that a stranger made may have a link or a pipe here.
    const status = await lstat(lockPath);
    const { mtimeMs } = status;
    const isText = status.isFile() && status.size <= MAX_LOCK_BYTES;
    const options = { limit: MAX_LOCK_BYTES, followLinks: false };
    const text = isText ? (await readRegularFile(lockPath, options)).toString('utf8') : '';
    return { text, mtime: mtimeMs, owner: parseOwner(text) };
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw fileError(error, 'read the lock', lockPath, false);
  }
}

function parseOwner(text: string): Owner | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return isProcessIdentity(parsed) && 'token' in parsed && typeof parsed.token === 'string'
      ? { ...parsed, token: parsed.token }
      : undefined;
  } catch {
    return undefined;
  }
}

const describe = ({ owner }: SeenLock): Phrase =>
  owner === undefined ? phrase`an unknown program` : phrase`process ${owner.pid} on ${printable(owner.host)}`;

/** Gives the reason that the lock's owner counts as dead, or undefined if it may be alive. */
async function whyDead(
  lockPath: string,
  seen: SeenLock,
  unchangedFor: number,
  world: World,
): Promise<Phrase | undefined> {
  const state = seen.owner === undefined ? 'unknown' : processState(seen.owner, world.platform);
  if (state === 'running') return undefined;
  if (state === 'gone') return phrase`${describe(seen)} is gone`;
  const limit = seen.owner === undefined ? NAMELESS_STALE : FOREIGN_STALE;
  // The second test is for a lock whose mtime lies in the future of the server's own clock.
  if ((await ageByServer(lockPath, seen)) < limit && unchangedFor < limit) return undefined;
  return phrase`${describe(seen)} has not touched it for ${limit / 1000} s`;
}

async function ageByServer(lockPath: string, seen: SeenLock): Promise<number> {
  const probe = `${lockPath}.${randomBytes(6).toString('hex')}`;
  const handle = await open(probe, 'wx', 0o600).catch((error: unknown) => {
    throw fileError(error, 'create the lock', lockPath);
  });
  try {
    return (await handle.stat()).mtimeMs - seen.mtime;
  } finally {
    await handle.close();
    await unlink(probe).catch(() => undefined);
  }
}

async function takeOver(lockPath: string, dead: SeenLock, text: string, token: string): Promise<boolean> {
  const mine = `${lockPath}.${token}`;
  if (!(await create(mine, text))) return false;
  const now = await look(lockPath);
  if (now?.text !== dead.text || now.mtime !== dead.mtime) {
    await unlink(mine).catch(() => undefined);
    return false;
  }
  try {
    await rename(mine, lockPath);
  } catch (error) {
    await unlink(mine).catch(() => undefined);
    // Another one has taken it over and tidied up.
    if (systemErrorCode(error) === 'ENOENT') return false;
    throw fileError(error, 'take over the lock', lockPath);
  }
  await sleep(SETTLE);
  return (await look(lockPath))?.owner?.token === token;
}
