import { X509Certificate } from 'node:crypto';
import { type Phrase, phrase } from '../system/phrase.ts';
import type { Scope } from './scope.ts';
import type { SecretValue } from './secret-value.ts';

// The day that a value expires: `YYYY-MM-DD`, in UTC. The value counts until the end of that day.

const DAY = 86_400_000;
/** Most days from now that a person can name. */
const MOST_DAYS = 36_500;
/** Longest value that is looked at, in characters: tokens and certificates are far shorter. */
const MOST_LOOKED_AT = 100_000;

/** Reads a day that a file claims. @returns undefined if it is none. */
export function expiryDay(text: string): string | undefined {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return undefined;
  const date = new Date(`${text}T00:00:00Z`);
  // `2027-02-30` would be a day of March.
  return !Number.isNaN(date.getTime()) && dayOf(date) === text ? text : undefined;
}

const dayOf = (date: Date): string => date.toISOString().slice(0, 10);

/** Reads a number of days, as `90d`. @returns undefined if it is none. */
export function daysOf(text: string): number | undefined {
  const days = Number(/^(\d{1,5})d$/.exec(text)?.[1] ?? NaN);
  return days >= 1 && days <= MOST_DAYS ? days : undefined;
}

/**
 * Reads what a person says of the end of a value: a day, `90d` from now, or `never`.
 *
 * @returns null for `never`, undefined for a text that is none of them.
 */
export function parseExpiry(text: string, now: Date): string | null | undefined {
  if (text === 'never') return null;
  const days = daysOf(text);
  return days === undefined ? expiryDay(text) : dayOf(new Date(now.getTime() + days * DAY));
}

/** The days that a value still counts: 0 on its last one, negative after it. */
export const daysLeft = (expires: string, now: Date): number =>
  Math.round((Date.parse(`${expires}T00:00:00Z`) - Date.parse(`${dayOf(now)}T00:00:00Z`)) / DAY);

/** Days before the end of a value on which it is told. */
const NEAR = 7;

/** The end of a value that is over, or within a week. */
export interface NearEnd {
  readonly day: string;
  /** See {@link daysLeft}. */
  readonly left: number;
}

/** The end of a value, if it is near. @param expires - null if nobody has said one. */
export function nearEnd(expires: string | null, now: Date): NearEnd | undefined {
  if (expires === null) return undefined;
  const left = daysLeft(expires, now);
  return left > NEAR ? undefined : { day: expires, left };
}

/** `today`, `tomorrow`, `in 5 days`, for a day that is not over. */
export function inDays(days: number): Phrase {
  if (days === 0) return phrase`today`;
  return days === 1 ? phrase`tomorrow` : phrase`in ${days} days`;
}

/** A secret that wins, and ends soon or has ended. */
export interface EndingSecret extends NearEnd {
  readonly scope: Scope;
}

/** The secrets that win and are near their end, by name. @param listed - from the scope that wins down. */
export function endingSecrets(
  listed: Iterable<{ readonly name: string; readonly scope: Scope; readonly expires: string | null }>,
  now: Date,
): ReadonlyMap<string, EndingSecret> {
  const seen = new Set<string>();
  const ending = new Map<string, EndingSecret>();
  for (const { name, scope, expires } of listed) {
    if (seen.has(name)) continue;
    seen.add(name);
    const end = nearEnd(expires, now);
    if (end !== undefined) ending.set(name, { scope, ...end });
  }
  return ending;
}

/** A day that stands in a value itself. */
export interface FoundExpiry {
  readonly day: string;
  readonly kind: 'jwt' | 'certificate';
}

/**
 * Finds the end of a value in the value: `exp` of a JSON Web Token (RFC 7519, 4.1.4), or the end of the first certificate
 * in PEM (RFC 7468), which is the one that those after it vouch for.
 */
export function expiryIn(value: SecretValue): FoundExpiry | undefined {
  const text = value.reveal();
  if (text.length > MOST_LOOKED_AT) return undefined;
  const ofToken = tokenEnd(text);
  if (ofToken !== undefined) return found('jwt', ofToken);
  const ofCertificate = certificateEnd(text);
  return ofCertificate === undefined ? undefined : found('certificate', ofCertificate);
}

function found(kind: FoundExpiry['kind'], date: Date): FoundExpiry | undefined {
  if (Number.isNaN(date.getTime())) return undefined;
  const day = expiryDay(dayOf(date));
  return day === undefined ? undefined : { kind, day };
}

function tokenEnd(text: string): Date | undefined {
  const payload = /^[\w-]+\.([\w-]+)\.[\w-]*\s*$/.exec(text)?.[1];
  if (payload === undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString());
    const end: unknown =
      typeof claims === 'object' && claims !== null && 'exp' in claims ? claims.exp : undefined;
    return typeof end === 'number' ? new Date(end * 1000) : undefined;
  } catch {
    // It only looks like one. The message could quote the value.
    return undefined;
  }
}

function certificateEnd(text: string): Date | undefined {
  const begin = text.indexOf('-----BEGIN CERTIFICATE-----');
  const end = text.indexOf('-----END CERTIFICATE-----', begin);
  if (begin < 0 || end < 0) return undefined;
  try {
    return new Date(new X509Certificate(`${text.slice(begin, end)}-----END CERTIFICATE-----\n`).validTo);
  } catch {
    return undefined;
  }
}
