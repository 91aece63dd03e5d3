import type { RequestContext } from './context.js';

/** The result of a change, after which the request's loaders no longer answer from before it. */
export async function applied<Result>(context: RequestContext, change: Promise<Result>): Promise<Result> {
  const result = await change;
  context.renewLoaders();
  return result;
}
