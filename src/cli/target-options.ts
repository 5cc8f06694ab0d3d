/** The options that a target brings to commands. */
export interface TargetOptions {
  /** Its id. */
  readonly target: string;
  /** `sweep --NAME`: looks for what others have left there, with the settings of the environment. */
  readonly sweep: { readonly name: string; readonly description: string; readonly example: string };
}
