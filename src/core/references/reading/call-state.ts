/** Values that the call, closure or function that is read gets or gives, as marks in the list of values. */
export interface CallState {
  /** Mark after which values belong to the operand that is read. */
  chain: number;
  /** Marks around the values that a call is made on. */
  receiver: { readonly since: number; readonly until: number };
  /** Marks at which the arguments of a call start, if its list is read next. */
  parts: number[] | undefined;
  /** Mark after which values are piped into the operand that is read next. */
  piped: number | undefined;
  /** The variable that gets the closure that is read next. */
  closureName: string | undefined;
  /** The function that is read. */
  function: string | undefined;
}

export const NO_CALL: CallState = {
  chain: 0,
  receiver: { since: 0, until: 0 },
  parts: undefined,
  piped: undefined,
  closureName: undefined,
  function: undefined,
};
