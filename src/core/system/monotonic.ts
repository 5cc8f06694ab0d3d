/**
 * Time of a clock that is never set, in milliseconds from some moment on: only good for differences. It is Node.js's
 * basic one, because the first use of `performance` loads nine modules of Node.js.
 */
export const monotonic = (): number => Number(process.hrtime.bigint()) / 1e6;
