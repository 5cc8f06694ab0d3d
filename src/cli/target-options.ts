/** The options that a target brings to commands. */
export interface TargetOptions {
  /** Its id. */
  readonly target: string;
  /** `sweep --NAME`: look for what others have left there, wherever the environment leads to. */
  readonly sweep: { readonly name: string; readonly description: string; readonly example: string };
}
