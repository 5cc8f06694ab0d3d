let order: Intl.Collator | undefined;

/** Compares names as people sort them: `KEY_2` before `KEY_10`. Names that differ are never equal. */
export function byName(a: string, b: string): number {
  // Made when it is needed: its rules take time to load.
  order ??= new Intl.Collator('en', { numeric: true });
  return order.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}
