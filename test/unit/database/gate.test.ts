import { Gate } from '../../../src/database/gate.js';

/** A piece of work that runs until it is told to end. */
function openWork() {
  let end: () => void = () => undefined;
  const done = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { done, end };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('a gate', () => {
  it('lets so many through at once, and the next in line when one has ended, even by an error', async () => {
    const gate = new Gate(2, 60_000);
    const works = [openWork(), openWork(), openWork(), openWork()];
    const begun: number[] = [];
    const passed = works.map((work, index) =>
      gate.pass(async () => {
        begun.push(index);
        await work.done;
        if (index === 0) throw new Error('failed');
        return index;
      }),
    );
    await settle();
    expect(begun).toEqual([0, 1]);
    works[0]!.end();
    await expect(passed[0]).rejects.toThrow('failed');
    await settle();
    expect(begun).toEqual([0, 1, 2]);
    works.forEach(({ end }) => end());
    expect(await Promise.all(passed.slice(1))).toEqual([1, 2, 3]);
    expect(await gate.pass(() => Promise.resolve('free again'))).toBe('free again');
  });

  it('refuses work whose turn does not come in time, without having begun it', async () => {
    const gate = new Gate(1, 20);
    const long = openWork();
    const first = gate.pass(() => long.done);
    let begun = false;
    const second = gate.pass(async () => {
      begun = true;
    });
    await expect(second).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    long.end();
    await first;
    await settle();
    expect(begun).toBe(false);
    expect(await gate.pass(() => Promise.resolve('free again'))).toBe('free again');
  });

  it('keeps places from an owner who has some, and gives the next one to whoever has fewest', async () => {
    const gate = new Gate(5, 60_000);
    const works: ReturnType<typeof openWork>[] = [];
    const begun: string[] = [];
    const pass = (owner: string) => {
      const work = openWork();
      works.push(work);
      return gate.pass(async () => {
        begun.push(owner);
        await work.done;
      }, owner);
    };
    const passed = ['many', 'many', 'many', 'many', 'many'].map(pass);
    await settle();
    expect(begun).toEqual(['many', 'many', 'many']);
    passed.push(...['one', 'another', 'a third'].map(pass));
    await settle();
    expect(begun.slice(3)).toEqual(['one', 'another']);
    works[0]!.end();
    await settle();
    expect(begun.slice(5)).toEqual(['a third']);
    works.forEach(({ end }) => end());
    await settle();
    works.forEach(({ end }) => end());
    await Promise.all(passed);
    expect(begun.slice(6)).toEqual(['many', 'many']);
  });

  it('lets an owner have a place however few there are', async () => {
    const gate = new Gate(1, 60_000);
    expect(await gate.pass(() => Promise.resolve('in'), 'one')).toBe('in');
  });
});
