const order = new Intl.Collator('en', { numeric: true });

/** Compares names as people sort them: `KEY_2` before `KEY_10`. Names that differ are never equal. */
export const byName = (a: string, b: string): number => order.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
