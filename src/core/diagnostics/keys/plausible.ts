import { isPlaceholder, restOf } from '../../secrets/placeholder.ts';

// Judgement of texts beside a name such as `password` or `api_key`: most of those in public code are no keys.

/** Rows of letters and digits that stand for random ones, in lower case. */
const ROW =
  /0123456789|1234567890|123456789|12345678|1234567|123456|12345|9876543210|987654321|87654321|abcdefghijklmnopqrstuvwxyz|abcdefghijkl|abcdefgh|abcdef|qwertyuiop|qwerty|deadbeef|cafebabe/g;

/** Values that documentation and emulators give to everybody: the parts that tell them. */
const WELL_KNOWN = [
  'Eby8vdM02xNOcqFlqUwJ', // Azurite
  'SflKxwRJSMeKKF2QT4fw', // jwt.io
  'minioadmin',
  'miniostorage',
];

/** Tells whether a value of any shape is an example: AKIAIOSFODNN7EXAMPLE, one digit all over, 0123456789. */
export function isExample(value: string): boolean {
  if (WELL_KNOWN.some((part) => value.includes(part))) return true;
  if (/(.)\1{7}|x{6}|example|placeholder|your[_-]/i.test(value)) return true;
  const left = value.toLowerCase().replace(ROW, '');
  return left.length * 2 < value.length;
}

/** Signs of code, a path, an address or a sentence. */
const NO_VALUE =
  /\s|^[./~[]|^#[\da-f]{3,8}$|^0x[\da-f]+$|^(?:s3|gs|az|https?|ftp|file|docker|ssh|git|arn):|^[A-Za-z]:\\|::|\.(?:txt|json|ya?ml|pem|key|crt|cer|cfg|conf|env|csv|tsv|nf|sh|py|r|rds|gz|fa|fasta|ngc|lic|license|html?|log|bed|vcf|bam)$|^[\w.]+\(|%[sd]|^\W*$|^age1[0-9a-z]{50,}$|^AAAA[BC]3Nza|^(?:GC[AF]_|[SED]R[RXPS]\d|ENS[A-Z]{0,9}\d|N[CMP]_)|^anonymous@|^AWS4-HMAC-SHA\d+$|^[a-z][a-z\d]{0,11}(?:\.[a-z][a-z\d]{0,11}){2,}$/i;

/** Tells whether a text can be a value at all. */
const canBeValue = (value: string, name: string): boolean =>
  !NO_VALUE.test(value) && !isPlaceholder(value, name) && !isExample(value);

/** The words and numbers that a name or path consists of: `genome_GRCh38` has four. */
const parts = (value: string): string[] => value.match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+/g) ?? [];

/** Longest part of letters that can be a word. */
const LONGEST_WORD = 23;
/** Average length from which the parts of a text are words. Random letters and digits change sooner. */
const WORD_LENGTH = 3.3;
/** The same for a text that may be an identifier of code. */
const NAME_LENGTH = 2.4;

function entropy(value: string): number {
  const counts = new Map<string, number>();
  for (const one of value) counts.set(one, (counts.get(one) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / value.length) * Math.log2(count / value.length);
  return bits;
}

/** Tells whether letters change between vowels and others as in no language. */
const isNoWord = (letters: string): boolean => /[^aeiouy]{6}/i.test(letters) || letters.length > LONGEST_WORD;

/** Tells whether a text repeats a short one. */
const isRepeated = (value: string): boolean => /^(.{1,8})\1+$/s.test(value);

/** `CHECK_LOGIN_V3_DONE` */
const CONSTANT = /^[A-Z][A-Z\d]{0,11}(?:_[A-Z\d]{1,12}){2,}$/;

const MIN_TOKEN_LENGTH = 16;
const MAX_TOKEN_LENGTH = 4096;

/** Tells whether a text is the base64 of a sentence or of a list of words. */
function isEncodedText(value: string): boolean {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(value)) return false;
  const text = Buffer.from(value, 'base64').toString('latin1');
  return /^[\x20-\x7e\n\r\t]+$/.test(text) && /[a-z]{2,} [a-z]{2,}/i.test(text);
}

/**
 * Tells whether a text is as random as the keys that a service makes.
 *
 * @param mayBeCode - true for a text without quotes, which may be a variable.
 */
export function isToken(value: string, name: string, mayBeCode = false): boolean {
  if (value.length < MIN_TOKEN_LENGTH || value.length > MAX_TOKEN_LENGTH) return false;
  if (!/^[\w+/=.~:!@%-]+$/.test(value) || !canBeValue(value, name) || isRepeated(value)) return false;
  if (isEncodedText(value) || /^[a-z]{2,}\/[a-z0-9.-]+(?:\/|$)/.test(value)) return false;
  if (CONSTANT.test(value)) return false;
  // `a=b.c=d.token`
  if (mayBeCode && /^[A-Za-z_][\w.]*=[A-Za-z_]/.test(value)) return false;
  const isNamed = mayBeCode && /^[A-Za-z_][\w.-]*$/.test(value) && /[_.]|^[a-z]+[A-Z]/.test(value);
  const all = parts(value);
  const longest = value.length > 100 ? value.slice(0, 100) : value;
  if (entropy(longest) < 2.9 || all.every((one) => /^\d+$/.test(one))) return false;
  const letters = all.filter((one) => /^[a-z]/i.test(one));
  if (letters.length === all.length && !/[a-z]/.test(value) !== !/[A-Z]/.test(value))
    return letters.some(isNoWord);
  const average = all.join('').length / all.length;
  return isNamed ? average < NAME_LENGTH : average < WORD_LENGTH || letters.some(isNoWord);
}

const MIN_PASSWORD_LENGTH = 6;
const MAX_PASSWORD_LENGTH = 200;

/**
 * Tells whether a text is a password: not only words, and not the name of something.
 *
 * @param isNear - true where nothing but a password can stand, as in a URL: words are enough then.
 */
export function isPassword(value: string, name: string, isNear = false): boolean {
  if (value.length < MIN_PASSWORD_LENGTH || value.length > MAX_PASSWORD_LENGTH) return false;
  if (!canBeValue(value, name) || isRepeated(value)) return false;
  // `admin123`, `test-2024`: words of a placeholder, and a number.
  if (/^\d*$/.test(restOf(value))) return false;
  // `params.password`, `db_password_2`, `process.env.PW`: a name.
  if (
    /^(?:\w+=)?[A-Za-z_]\w*(?:\.\w+)+$|^[a-z]+(?:[_-][a-z]+)+\d?$|^[A-Z]+_[A-Z]+\d?$|^(?:[A-Z][a-z]{2,}){3,}(?:V?\d)?$|^[a-z]+\d?(?:[_-][a-z]+\d?){2,}$/.test(
      value,
    )
  )
    return false;
  if (CONSTANT.test(value)) return false;
  // `projects/1/secrets/x`, `secure2`.
  if (/^[\w-]+(?:\/[\w.-]+){2,}$|^[A-Za-z][a-z]+\d$/.test(value)) return false;
  if (isNear) return true;
  const hasLetter = /\p{L}/u.test(value);
  return hasLetter && (/\d/.test(value) || /[^\w.-]/.test(value.slice(1)));
}
