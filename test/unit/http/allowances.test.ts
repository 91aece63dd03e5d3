import { Allowances } from '../../../src/http/allowances.js';

let now = 0;
const clock = () => now;
const refused = (retryAfter: number) =>
  expect.objectContaining({ code: 'RATE_LIMITED', details: { retryAfter } }) as Error;

test('an operation starts while anything is left, and is paid for afterwards', () => {
  const allowances = new Allowances({ perSecond: 10, burst: 100, concurrent: 0 }, clock);
  allowances.charge('a', 99);
  allowances.charge('a', 1_001);
  expect(() => allowances.charge('a', 1)).toThrow(refused(101));
  allowances.charge('b', 1);
  now += 100_000;
  expect(() => allowances.charge('a', 1)).toThrow(refused(1));
  now += 1_000;
  allowances.charge('a', 1);
});

test('no more than the burst is saved up', () => {
  const allowances = new Allowances({ perSecond: 10, burst: 100, concurrent: 0 }, clock);
  allowances.charge('a', 1);
  now += 1_000_000;
  allowances.charge('a', 100);
  expect(() => allowances.charge('a', 1)).toThrow(refused(1));
});

test('a rate of 0 is none', () => {
  const allowances = new Allowances({ perSecond: 0, burst: 1, concurrent: 0 }, clock);
  for (let time = 0; time < 10; time += 1) allowances.charge('a', 1_000_000);
});

test('operations at once are counted until they end, however they end', async () => {
  const allowances = new Allowances({ perSecond: 0, burst: 1, concurrent: 2 }, clock);
  let fail = (_reason: Error) => {};
  const first = allowances.run('a', () => new Promise((_resolve, reject) => (fail = reject)));
  const second = allowances.run('a', () => new Promise(() => {}));
  await expect(allowances.run('a', async () => 'never')).rejects.toMatchObject({ code: 'RATE_LIMITED' });
  expect(await allowances.run('b', async () => 'another credential')).toBe('another credential');
  fail(new Error('broken'));
  await expect(first).rejects.toThrow('broken');
  expect(await allowances.run('a', async () => 'its turn')).toBe('its turn');
  void second;
});

test('a debt is not forgotten when accounts without one are', () => {
  const allowances = new Allowances({ perSecond: 1, burst: 10, concurrent: 0 }, clock);
  allowances.charge('debtor', 1_000_000);
  for (let index = 0; index < 10_000; index += 1) allowances.charge(`key ${index}`, 5);
  now += 10_000;
  allowances.charge('one more', 1);
  expect(() => allowances.charge('debtor', 1)).toThrow(expect.objectContaining({ code: 'RATE_LIMITED' }) as Error);
});
