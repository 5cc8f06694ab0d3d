import { printable } from '../../system/printable.ts';
import { type Phrase, phrase } from '../../system/phrase.ts';
import { canEncryptTo } from '../data-key.ts';
import { parseSshRecipient, sshRecipient } from '../ssh-key.ts';
import { mayChangeAdmins, mayChangeMembers } from './role.ts';
import type { RosterMember } from './roster-version.ts';
import { signingKeyOf } from './sshsig.ts';

/** Most members of a workspace, and most keys of one of them. */
const MOST_MEMBERS = 500;
const MOST_KEYS = 16;
const LONGEST_LABEL = 64;

const LABEL = /^[A-Za-z0-9][A-Za-z0-9._+@-]*(\/[A-Za-z0-9][A-Za-z0-9._+@-]*)?$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/** Returns the reason that a text is no label, a clause about it, or undefined if it is one. */
export function labelProblem(label: string): Phrase | undefined {
  if (label.length > LONGEST_LABEL) return phrase`it is longer than ${LONGEST_LABEL} characters`;
  if (LABEL.test(label)) return undefined;
  return phrase`only letters, digits and . _ + @ - may be in it, with at most one /`;
}

/** Two labels that only differ in case could be taken for each other. */
export const labelKey = (label: string): string => label.toLowerCase();

export const isTime = (text: unknown): text is string => typeof text === 'string' && TIME.test(text);

/** Returns the reason that a vault cannot be encrypted to a text, a clause about it, or undefined if it can. */
export function recipientProblem(recipient: string): Phrase | undefined {
  const ofSsh = parseSshRecipient(recipient);
  const isExact = ofSsh === undefined || sshRecipient(ofSsh) === recipient;
  return canEncryptTo(recipient) && isExact ? undefined : phrase`it is no age key and no ssh-ed25519 key`;
}

/** Returns the reason that a member cannot be one, whoever the others are: a clause. */
export function memberProblem(member: RosterMember): Phrase | undefined {
  const { label, role, recipients, signingKey, since } = member;
  const shown = printable(label).slice(0, LONGEST_LABEL);
  const ofLabel = labelProblem(label);
  if (ofLabel !== undefined) return phrase`the label "${shown}" cannot be used: ${ofLabel}`;
  if (recipients.length === 0 || recipients.length > MOST_KEYS)
    return phrase`${shown} has ${recipients.length} keys to read with: one to ${MOST_KEYS} are possible`;
  for (const recipient of recipients) {
    const problem = recipientProblem(recipient);
    if (problem !== undefined)
      return phrase`a key of ${shown} cannot be used (${printable(recipient).slice(0, 80)}): ${problem}`;
  }
  // A reader takes no other form.
  if (!isTime(since)) return phrase`the time since when ${shown} is a member has the wrong form`;
  if (signingKey === null && role !== 'launch')
    return phrase`${shown} has no key to sign with, which the role ${role} needs`;
  if (signingKey !== null && signingKeyOf(signingKey) !== signingKey)
    return phrase`${shown} has no SSH key of a kind that can sign here`;
  return undefined;
}

/** A change of the members, applied to a state. */
export interface StateChange {
  readonly members: readonly RosterMember[];
  readonly removed: readonly string[];
}

/** The members at some version. Each change takes time in proportion to itself alone. */
export class RosterState {
  readonly #members = new Map<string, RosterMember>();
  readonly #labelOfKey = new Map<string, string>();
  #owners = 0;

  get(label: string): RosterMember | undefined {
    const member = this.#members.get(labelKey(label));
    return member?.label === label ? member : undefined;
  }

  /** Returns the member that signs with this key. */
  signedWith(publicKey: string): RosterMember | undefined {
    const label = this.#labelOfKey.get(`signs ${publicKey}`);
    return label === undefined ? undefined : this.#members.get(label);
  }

  /** Tells which members a change is about: as they were and as they become. */
  touched({ members, removed }: StateChange): RosterMember[] {
    return [...removed, ...members.map(({ label }) => label)]
      .flatMap((label) => this.get(label) ?? [])
      .concat(members);
  }

  /**
   * Applies a change.
   *
   * @returns the reason that it breaks a rule, a clause; the state is of no use then.
   */
  apply({ members, removed }: StateChange): Phrase | undefined {
    const labels = [...removed, ...members.map(({ label }) => label)];
    if (labels.length === 0) return phrase`it changes nothing`;
    if (new Set(labels).size < labels.length) return phrase`it changes a member twice`;
    for (const label of removed) {
      const member = this.get(label);
      if (member === undefined) return phrase`it removes ${printable(label)}, who is no member`;
      this.#remove(member);
    }
    // First all that are replaced: two of them may exchange keys.
    const places = members.map(({ label }) => this.get(label));
    for (const old of places) if (old !== undefined) this.#forgetKeys(old);
    for (const member of members) {
      const problem = memberProblem(member) ?? this.#put(member);
      if (problem !== undefined) return problem;
    }
    if (this.#members.size > MOST_MEMBERS) return phrase`it has more than ${MOST_MEMBERS} members`;
    return this.#owners > 0 ? undefined : phrase`no owner is left`;
  }

  #remove(member: RosterMember): void {
    this.#forgetKeys(member);
    this.#members.delete(labelKey(member.label));
  }

  #forgetKeys(member: RosterMember): void {
    if (member.role === 'owner') this.#owners -= 1;
    for (const key of keysOf(member)) this.#labelOfKey.delete(key);
  }

  #put(member: RosterMember): Phrase | undefined {
    const own = labelKey(member.label);
    const known = this.#members.get(own);
    if (known !== undefined && known.label !== member.label)
      return phrase`the labels ${known.label} and ${member.label} differ in case alone`;
    for (const key of keysOf(member)) {
      const holder = this.#labelOfKey.get(key);
      if (holder !== undefined)
        return phrase`${member.label} has a key that ${this.#members.get(holder)?.label ?? holder} has too`;
      this.#labelOfKey.set(key, own);
    }
    this.#members.set(own, member);
    if (member.role === 'owner') this.#owners += 1;
    return undefined;
  }
}

/** Returns the keys of a member, each with what it is for. */
export const keysOf = ({ recipients, signingKey }: RosterMember): string[] => [
  ...recipients.map((recipient) => `reads ${recipient}`),
  ...(signingKey === null ? [] : [`signs ${signingKey}`]),
];

/**
 * Returns the reason that a member may not make a change: a clause about the member.
 *
 * @param touched - the members that it is about, as they were and as they become.
 */
export function rightsProblem(by: RosterMember, touched: readonly RosterMember[]): Phrase | undefined {
  if (!mayChangeMembers(by.role))
    return phrase`${by.label} has the role ${by.role}, which may not change members`;
  const senior = touched.find(({ role }) => mayChangeMembers(role));
  if (senior === undefined || mayChangeAdmins(by.role)) return undefined;
  return phrase`${by.label} has the role ${by.role}, and only an owner may change ${senior.label}, who is ${senior.role}`;
}
