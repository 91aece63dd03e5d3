import { Allowances } from '../../../src/http/allowances.js';

let now = 0;
const clock = () => now;
const refused = (retryAfter: number) =>
  expect.objectContaining({ code: 'RATE_LIMITED', details: { retryAfter } }) as Error;

test('an operation starts while anything is left, and is paid for afterwards', () => {
  const allowances = new Allowances({ perSecond: 10, burst: 100, concurrent: 0, pointsAtOnce: 100 }, clock);
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
  const allowances = new Allowances({ perSecond: 10, burst: 100, concurrent: 0, pointsAtOnce: 100 }, clock);
  allowances.charge('a', 1);
  now += 1_000_000;
  allowances.charge('a', 100);
  expect(() => allowances.charge('a', 1)).toThrow(refused(1));
});

test('a rate of 0 is none', () => {
  const allowances = new Allowances({ perSecond: 0, burst: 1, concurrent: 0, pointsAtOnce: 100 }, clock);
  for (let time = 0; time < 10; time += 1) allowances.charge('a', 1_000_000);
});

test('requests at once are counted until they end, each once', () => {
  const allowances = new Allowances({ perSecond: 0, burst: 1, concurrent: 2, pointsAtOnce: 100 }, clock);
  const first = allowances.begin('a');
  allowances.begin('a');
  expect(() => allowances.begin('a')).toThrow(expect.objectContaining({ code: 'RATE_LIMITED' }) as Error);
  allowances.begin('b');
  first.end();
  first.end();
  allowances.begin('a');
  expect(() => allowances.begin('a')).toThrow(expect.objectContaining({ code: 'RATE_LIMITED' }) as Error);
});

test('operations wait until there is room for their points beside the others, in the order in which they came', async () => {
  const allowances = new Allowances({ perSecond: 0, burst: 1, concurrent: 0, pointsAtOnce: 100 }, clock);
  const entered: number[] = [];
  const enter = (points: number, credential = 'a') => {
    const place = allowances.begin(credential);
    void place.enter(points).then(() => entered.push(points));
    return place;
  };
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const [sixty, forty, large] = [enter(60), enter(40), enter(1_000)];
  const small = enter(1);
  enter(99, 'b');
  await settle();
  expect(entered).toEqual([60, 40, 99]);
  sixty.end();
  await settle();
  expect(entered.slice(3)).toEqual([]);
  forty.end();
  await settle();
  expect(entered.slice(3)).toEqual([1_000]);
  large.end();
  await settle();
  expect(entered.slice(4)).toEqual([1]);
  small.end();
});

test('a debt is not forgotten when accounts without one are', () => {
  const allowances = new Allowances({ perSecond: 1, burst: 10, concurrent: 0, pointsAtOnce: 100 }, clock);
  allowances.charge('debtor', 1_000_000);
  for (let index = 0; index < 10_000; index += 1) allowances.charge(`key ${index}`, 5);
  now += 10_000;
  allowances.charge('one more', 1);
  expect(() => allowances.charge('debtor', 1)).toThrow(expect.objectContaining({ code: 'RATE_LIMITED' }) as Error);
});
