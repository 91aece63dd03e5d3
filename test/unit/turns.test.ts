import { Turns } from '../../src/turns.js';

/** Keeps the event loop for longer than a slice. */
function keepBusy(): void {
  const end = performance.now() + 15;
  while (performance.now() < end);
}

const round = () => new Promise((resolve) => setImmediate(resolve));

test('who comes while the event loop is free goes on at once', () => {
  expect(new Turns().wait('a')).toBeUndefined();
});

test('after a slice others come in between, and owners take turns however many pieces one has', async () => {
  const turns = new Turns();
  const order: string[] = [];
  const piece = async (name: string) => {
    await turns.wait(name.slice(0, 1));
    order.push(name);
    keepBusy();
  };
  void turns.wait('a');
  keepBusy();
  const timer = round().then(() => order.push('timer'));
  const pieces = ['a1', 'a2', 'a3', 'b1'].map(piece);
  expect(order).toEqual([]);
  await Promise.all([...pieces, timer]);
  expect(order.filter((name) => name !== 'timer')).toEqual(['a1', 'b1', 'a2', 'a3']);
  expect(order.indexOf('timer')).toBeLessThan(order.indexOf('b1'));
  await round();
  expect(turns.wait('a')).toBeUndefined();
});
