import { Restarts } from '../../../src/cluster/restarts.js';

it('waits twice as long after each death soon after a start, and gives up after six', () => {
  const restarts = new Restarts();
  const pauses = Array.from({ length: 7 }, () => restarts.pauseAfter(500));
  expect(pauses).toEqual([200, 400, 800, 1_600, 3_200, 6_400, undefined]);
});

it('forgets earlier deaths when one has lived for a minute', () => {
  const restarts = new Restarts();
  for (let death = 0; death < 6; death += 1) restarts.pauseAfter(500);
  expect(restarts.pauseAfter(60_000)).toBe(200);
  expect(restarts.pauseAfter(500)).toBe(400);
});
