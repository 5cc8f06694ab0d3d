import type { Remedy } from '../system/remedy.ts';
import { ExitCode, HumanError, phraseOf } from '../system/human-error.ts';
import { printable } from '../system/printable.ts';
import type { World } from '../system/world.ts';
import type { Acceptance, AcceptanceState, VaultNow } from './acceptance-state.ts';
import type { KnownVersion, Roster } from './members/roster.ts';
import { detail, type Phrase, phrase } from '../system/phrase.ts';

/**
 * Words the refusal of a vault that is not accepted.
 *
 * @param answer - false for a no, undefined if there was nobody to ask.
 */
export function notAccepted(
  path: string,
  state: Exclude<AcceptanceState, 'accepted'>,
  answer: boolean | undefined,
): HumanError {
  const shown = printable(path);
  const isKey = state === 'data-key';
  if (answer === false) {
    return new HumanError(
      ExitCode.notPermitted,
      isKey
        ? phrase`The new data key of ${shown} was not accepted; nothing was done.`
        : phrase`The members of ${shown} were not accepted; nothing was done.`,
    );
  }
  return new HumanError(
    ExitCode.notPermitted,
    isKey
      ? phrase`${shown} is not used: it has another data key than the one that you accepted, and there is no
        terminal to ask on.`
      : phrase`The members of ${shown} have to be accepted first, and there is no terminal to ask on.`,
    { do: 'accept-members', changed: isKey ? 'data-key' : 'members' },
  );
}

/** Tells what has changed in a vault since it was accepted. */
export function headline(
  vault: VaultNow,
  state: Exclude<AcceptanceState, 'accepted'>,
  known: Acceptance | undefined,
): Phrase[] {
  const shown = printable(vault.path);
  const { lastChange } = vault;
  const claim =
    lastChange === undefined
      ? []
      : [
          detail(
            phrase`The file names ${printable(lastChange.by).slice(0, 80)} for its last change,
              ${printable(lastChange.at).slice(0, 20)}. Anybody can write that into it: ask them.`,
          ),
        ];
  switch (state) {
    case 'new':
      return [phrase`You use ${shown} for the first time.`];
    case 'members': {
      const accepted = known?.key ?? vault.keyId;
      const also = detail(phrase`It also has another data key than the one that you accepted.`);
      return [
        phrase`The members of ${shown} have changed.`,
        ...(accepted === vault.keyId ? [] : [also]),
        ...claim,
      ];
    }
    case 'roster':
      return [rosterHeadline(shown, vault.roster, known?.roster), ...claim];
    case 'data-key':
      return [
        phrase`${shown} has another data key than the one that you accepted: a member has rotated it, or
          somebody has made the file anew.`,
        ...claim,
      ];
  }
}

function rosterHeadline(shown: string, roster: Roster | undefined, known: KnownVersion | undefined): Phrase {
  if (roster === undefined) {
    return phrase`The roster of ${shown} is gone: its members had roles and signed each change, and now whoever reads it can
      change it.`;
  }
  if (known === undefined)
    return phrase`${shown} has a roster now: its members have roles, and those who may change secrets sign each change.`;
  if (known.root !== roster.root)
    return phrase`${shown} has another roster than the one that you accepted: somebody has made it anew.`;
  return phrase`The roster of ${shown} does not continue the one that you accepted: changes of two branches were merged, or
    somebody has replaced versions of it.`;
}

/** Tells what it means to be a member of a vault. */
export const whatMembersDo = ({ roster }: VaultNow): Phrase =>
  roster === undefined
    ? phrase`Each of them can read what is written there, and what they write reaches your pipelines.`
    : phrase`Each of them can read what is written there. What those with the roles maintain, admin and owner write reaches your
        pipelines.`;

/** Describes who could read later values without being a member, as far as the file tells. */
export function whoCouldReadOn(vault: VaultNow, renew: boolean): [Phrase, Remedy?][] {
  if (!vault.canRenewKey) {
    return [
      [
        phrase`Not all of these are keys of age, ssh-ed25519 or AWS KMS (PGP, RSA, plugins, other clouds): its data key
          cannot be renewed here.`,
      ],
      [phrase`So who made or re-keyed the file may have kept it and could read on.`],
    ];
  }
  if (renew) {
    return [
      [phrase`Others may know its data key and could read on. So your next write gives it a new data key.`],
    ];
  }
  if (vault.isOwnKey || vault.keyId === null || vault.roster !== undefined) return [];
  return [
    [
      phrase`Whoever made its data key, a member or not, may have kept it and could read on.`,
      { do: 'rotate-key', lead: phrase`If you are not sure who that was, give it a new one` },
    ],
  ];
}

/** Reports, once for each version, that the part in clear is not bound as we bind it. */
export function sayIfUnbound(vault: VaultNow, known: Acceptance | undefined, world: World): void {
  if (vault.binding === 'bound' || known?.unboundSaid === vault.lastModified) return;
  world.notice(unboundText(vault));
}

export function unboundText({ path, binding }: VaultNow): Phrase {
  const shown = printable(path);
  return binding === 'changed'
    ? phrase`${shown} was changed by sops, an older nf-secrets or another program that has its key, since
        nf-secrets wrote it: until nf-secrets writes it again, its names, descriptions and members are protected only
        as well as sops does that.`
    : phrase`${shown} was written by sops or an older nf-secrets: until nf-secrets writes it again, its names,
        descriptions and members are protected only as well as sops does that.`;
}

/** Reports that a yes was not noted, so that it will be asked for again. */
export function sayNotNoted(path: string, error: unknown, world: World): void {
  world.notice(phrase`Who can read ${printable(path)} could not be noted: ${phraseOf(error)}`);
}
