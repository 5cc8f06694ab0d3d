type Unit = readonly [name: string, milliseconds: number, upTo: number];

const DAYS: Unit = ['days', 86_400_000, Infinity];
const UNITS: readonly Unit[] = [
  ['s', 1000, 120],
  ['min', 60_000, 120],
  ['h', 3_600_000, 48],
];

/** Words a time span in the unit that is exact enough: `90 s`, `3 h`. @param span - in milliseconds. */
export function elapsed(span: number): string {
  const count = (length: number): number => Math.round(Math.max(0, span) / length);
  const [name, length] = UNITS.find(([, one, upTo]) => count(one) < upTo) ?? DAYS;
  return `${count(length)} ${name}`;
}
