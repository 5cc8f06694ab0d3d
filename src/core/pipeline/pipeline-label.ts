/** Removes a password from a pipeline's URL: it must be in no message and no file of ours. */
export function withoutCredentials(pipeline: string): string {
  return pipeline.replace(/^([a-z+]+:\/\/)[^/]*@/i, '$1');
}
