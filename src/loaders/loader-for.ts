import DataLoader from 'dataloader';

/** The loader of one question, which is made when it is first asked; equal questions share it. */
export function loaderFor<Value>(
  loaders: Map<string, DataLoader<string, Value>>,
  question: unknown,
  load: (keys: readonly string[]) => Promise<(Value | Error)[]>,
): DataLoader<string, Value> {
  const key = JSON.stringify(question);
  const known = loaders.get(key);
  if (known !== undefined) return known;
  const loader = new DataLoader<string, Value>(load);
  loaders.set(key, loader);
  return loader;
}
