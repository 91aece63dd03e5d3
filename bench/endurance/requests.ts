import { pick, seededRandom } from '../http/random.js';
import { queryOf, requestMaker, type QueryId, type Sample } from '../http/queries.js';

export interface Request {
  readonly body: string;
  /** The answer has no error. */
  readonly isGood: boolean;
}

/** In how many of a hundred requests each query comes; the rest is bad. */
const SHARES: readonly (readonly [QueryId, number])[] = [
  ['Q1', 45],
  ['Q2n', 20],
  ['Q3', 14],
  ['Q5', 20],
];

/** What clients get wrong: each is refused at another place. `mark` makes it another text each time. */
const BAD: readonly ((mark: string) => unknown)[] = [
  (mark) => ({ query: `{ devices(first: 1) { nodes { id ${mark} }` }),
  (mark) => ({ query: `{ devices(first: 1) { nodes { ${mark} } } }` }),
  (mark) => ({ query: '{ devices(first: 1) { nodes { id } } }', operationName: mark }),
  (mark) => ({ query: 'query ($a: String) { devices(after: $a) { nodes { id } } }', variables: { a: mark } }),
  (mark) => ({
    query: 'query ($f: DeviceFilter) { devices(filter: $f) { nodes { id } } }',
    variables: { f: { attributes: [{ name: mark, matches: '(' }] } },
  }),
  (mark) => ({
    query: 'mutation ($s: String!) { deleteDevice(deviceSerial: $s) { deleted } }',
    variables: { s: [mark] },
  }),
  (mark) => [{ query: `{ ${mark} }` }],
];

/** A request of a gateway's day, drawn anew at each call. */
export function mixOf(sample: Sample, seed: string): () => Request {
  const random = seededRandom(seed);
  const makers = SHARES.map(([id, share]) => {
    const query = queryOf(id);
    const { bodyOf } = requestMaker(query, 'A');
    return { share, make: () => bodyOf(query.draw(random, sample)) };
  });
  return () => {
    let at = random() * 100;
    for (const { share, make } of makers) {
      if (at < share) return { body: make(), isGood: true };
      at -= share;
    }
    return { body: JSON.stringify(pick(random, BAD)(markOf(random))), isGood: false };
  };
}

/** A document that no other call has made, of a size and shape that clients send. */
export function differentDocuments(sample: Sample, seed: string): () => Request {
  const random = seededRandom(seed);
  return () => {
    const mark = markOf(random);
    const query = `query ${mark} { one: device(deviceSerial: "${pick(random, sample.serials)}") { id deviceSerial ${mark}: cohort { name slug } }
      page: devices(first: ${1 + Math.floor(random() * 5)}) { nodes { id ${mark}: deviceSerial attributes(names: ["${mark}"]) { name value } } } }`;
    return { body: JSON.stringify({ query }), isGood: true };
  };
}

function markOf(random: () => number): string {
  return `x${Math.floor(random() * 2 ** 52).toString(36)}`;
}
