import * as fc from 'fast-check';
import { describeTerm } from '../../../src/search/describe-term.js';
import { parseFilter } from '../../../src/search/parse-filter.js';
import { runs } from '../../support/property.js';

const attribute = (test: Record<string, unknown>) => ({ attributes: [{ name: 'cpu', ...test }] });

test.each<[unknown, string]>([
  [attribute({ eq: 'secret' }), 'cpu eq'],
  [attribute({ in: ['secret', 1, 2] }), 'cpu in 3'],
  [attribute({ gt: 1, lte: 5 }), 'cpu gt lte'],
  [attribute({ contains: 'secret', ignoreCase: true }), 'cpu contains ignoreCase'],
  [attribute({ ne: 'secret' }), 'not cpu eq'],
  [attribute({ exists: true }), 'cpu exists'],
  [attribute({ hasAll: ['secret', 'b'] }), 'cpu hasAll 2'],
  [{ cohort: { eq: 'secret' } }, 'cohort eq'],
  [{ lastSeen: { withinLast: 1_000 } }, 'lastSeen withinLast'],
  [{ hasGroup: false }, 'not group exists'],
  [{ testMode: true }, 'testMode'],
  [{ state: ['ACTIVE'] }, 'state in 1'],
  [{ ids: [] }, 'ids in 0'],
  [{ or: [{ testMode: true }, attribute({ eq: 'secret' })] }, 'or of 2'],
  [{ and: [{ testMode: true }, attribute({ eq: 'secret' })] }, 'and of 2'],
])('a term of %j is described as %s', (filter, words) => {
  expect(describeTerm(parseFilter(filter))).toBe(words);
});

test('a description stays short and never holds an operand', () => {
  const texts = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 100 });
  fc.assert(
    fc.property(texts, (name) => {
      const words = describeTerm(parseFilter({ attributes: [{ name, eq: '<operand>', startsWith: '<operand>' }] }));
      expect(words).not.toContain('<operand>');
      expect(words.length).toBeLessThan(100);
    }),
    runs(100),
  );
});
