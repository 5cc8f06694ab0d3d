import { dirname, join } from 'node:path';
import type { KnownVersion, Roster } from './roster.ts';

// All paths of vaults here are those in `.nf-secrets`; a vault may be a link, the files beside it may not.

/** Path of the roster of a workspace's vault. */
export const rosterPath = (vaultPath: string): string => join(dirname(vaultPath), 'members.json');

/**
 * Reads the roster of a workspace, and verifies its chain.
 *
 * @param known - the version that the person has accepted: its signatures need no second look.
 * @returns undefined if there is none.
 * @throws HumanError 65 if it is damaged or no regular file, 74 if it cannot be read, 77 if its chain does not hold.
 */
export function readRoster(_vaultPath: string, _known?: KnownVersion): Promise<Roster | undefined> {
  return Promise.reject(new Error('not yet'));
}

/**
 * Replaces the roster's file, durably and whole. Only for the holder of the vault's lock.
 *
 * @throws HumanError 73, 74
 */
export function writeRoster(_vaultPath: string, _roster: Roster): Promise<void> {
  return Promise.reject(new Error('not yet'));
}
