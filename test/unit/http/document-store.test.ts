import { parse } from 'graphql';
import { DocumentStore } from '../../../src/http/document-store.js';

const textOf = (name: string, length = 20) => `{ ${name} }`.padEnd(length);

async function storeOf(texts: readonly string[]): Promise<DocumentStore> {
  const store = new DocumentStore();
  for (const text of texts) await store.set(`key of ${text}`, parse(text));
  return store;
}

test('finds a document by its key and by its text', async () => {
  const store = await storeOf([textOf('a'), textOf('b')]);
  const found = store.findByText(textOf('a'));
  expect(found?.loc?.source.body).toBe(textOf('a'));
  expect(await store.get(`key of ${textOf('a')}`)).toBe(found);
  expect(store.findByText('{ a }')).toBeUndefined();
  expect(await store.get('a')).toBeUndefined();
});

test('keeps a document that comes under a second key once', async () => {
  const store = await storeOf([textOf('a')]);
  const again = parse(textOf('a'));
  await store.set('second', again);
  expect(store.findByText(textOf('a'))).toBe(again);
  expect(await store.get('second')).toBe(again);
  expect(await store.get(`key of ${textOf('a')}`)).toBeUndefined();
});

test('forgets those that were used longest ago, by their length', async () => {
  const [a, b, c] = [textOf('a', 150_000), textOf('b', 150_000), textOf('c', 150_000)];
  const store = await storeOf([a, b]);
  store.findByText(a);
  await store.set('c', parse(c));
  expect([a, b, c].map((text) => store.findByText(text) !== undefined)).toEqual([true, false, true]);
  expect(await store.get(`key of ${b}`)).toBeUndefined();
});

test('has room again for what was deleted', async () => {
  const [a, b, c] = [textOf('a', 150_000), textOf('b', 150_000), textOf('c', 150_000)];
  const store = await storeOf([a, b]);
  expect(await store.delete(`key of ${b}`)).toBe(true);
  expect(await store.delete(`key of ${b}`)).toBe(false);
  await store.set('c', parse(c));
  expect([a, b, c].map((text) => store.findByText(text) !== undefined)).toEqual([true, false, true]);
});
