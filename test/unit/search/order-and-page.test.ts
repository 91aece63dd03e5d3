import { AppError } from '../../../src/errors.js';
import { MAX_ORDER_KEYS, parseOrder } from '../../../src/search/order.js';
import { parsePage, toPage } from '../../../src/search/page.js';

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return `${error.code} ${error.field}`;
  }
  return 'accepted';
}

describe('parseOrder', () => {
  const id = { field: 'ID', direction: 'ASC', nulls: 'LAST' } as const;

  test('ends with the id, ascending, which breaks ties, unless that is a key itself', () => {
    expect(parseOrder(undefined)).toEqual([id]);
    expect(parseOrder(null)).toEqual([id]);
    expect(parseOrder([])).toEqual([id]);
    expect(parseOrder([{ field: 'STATE', direction: 'ASC' }])).toEqual([
      { field: 'STATE', direction: 'ASC', nulls: 'LAST' },
      id,
    ]);
    expect(parseOrder([{ field: 'ID' }])).toEqual([{ field: 'ID', direction: 'DESC', nulls: 'LAST' }]);
  });

  test('is descending with missing values last where nothing else is said', () => {
    expect(parseOrder([{ attribute: { name: 'a' }, direction: null, nulls: null }])[0]).toEqual({
      attribute: { name: 'a' },
      direction: 'DESC',
      nulls: 'LAST',
    });
  });

  const keys = (count: number) => Array.from({ length: count }, (_, index) => ({ attribute: { name: `n${index}` } }));

  test.each([
    ['six keys', keys(6), 'LIMIT_EXCEEDED orderBy'],
    ['neither field nor attribute', [{}], 'BAD_USER_INPUT orderBy[0]'],
    ['both', [{ field: 'ID', attribute: { name: 'a' } }], 'BAD_USER_INPUT orderBy[0]'],
    ['a field twice', [{ field: 'STATE' }, { field: 'STATE', direction: 'ASC' }], 'BAD_USER_INPUT orderBy[1]'],
    ['an attribute twice', [{ attribute: { name: 'a', scope: 'TAGS' } }, { field: 'ID' }, { attribute: { scope: 'TAGS', name: 'a' } }], 'BAD_USER_INPUT orderBy[2]'],
    ['an attribute without a name', [{ attribute: { name: '' } }], 'BAD_USER_INPUT orderBy[0].attribute.name'],
    ['a name with NUL', [{ attribute: { name: 'a\0' } }], 'BAD_USER_INPUT orderBy[0].attribute.name'],
    ['an empty source', [{ attribute: { name: 'a', source: '' } }], 'BAD_USER_INPUT orderBy[0].attribute.source'],
    ['five keys', keys(MAX_ORDER_KEYS), 'accepted'],
    ['one name in two scopes', [{ attribute: { name: 'a', scope: 'TAGS' } }, { attribute: { name: 'a' } }], 'accepted'],
  ] as [string, Parameters<typeof parseOrder>[0], string][])('%s', (_, input, expected) => {
    expect(refusal(() => parseOrder(input))).toBe(expected);
  }); // prettier-ignore
});

describe('parsePage', () => {
  test.each([
    [{ first: -1 }, 'BAD_USER_INPUT first'],
    [{ first: 501 }, 'BAD_USER_INPUT first'],
    [{ last: -1 }, 'BAD_USER_INPUT last'],
    [{ last: 501 }, 'BAD_USER_INPUT last'],
    [{ first: 1, last: 1 }, 'BAD_USER_INPUT last'],
    [{ first: 0, last: 0 }, 'BAD_USER_INPUT last'],
    [{ offset: -1 }, 'BAD_USER_INPUT offset'],
    [{ offset: 10_001 }, 'BAD_USER_INPUT offset'],
    [{ offset: 0, after: 'x' }, 'BAD_USER_INPUT offset'],
    [{ offset: 0, before: 'x' }, 'BAD_USER_INPUT offset'],
    [{ offset: 0, last: 1 }, 'BAD_USER_INPUT offset'],
    [{ first: 0 }, 'accepted'],
    [{ first: 500 }, 'accepted'],
    [{ last: 0 }, 'accepted'],
    [{ last: 500, before: 'x', after: 'y' }, 'accepted'],
    [{ first: 1, offset: 10_000 }, 'accepted'],
    [{ first: null, after: null, last: null, before: null, offset: null }, 'accepted'],
  ])('%j: %s', (input, expected) => {
    expect(refusal(() => parsePage(input))).toBe(expected);
  });
});

describe('toPage', () => {
  const cursorOf = (row: number) => `c${row}`;

  test.each([
    [[1, 2, 3], { first: 2 }, [1, 2], true, false],
    [[1, 2], { first: 2 }, [1, 2], false, false],
    [[1, 2], { first: 2, after: 'x' }, [1, 2], false, true],
    [[1, 2], { first: 2, offset: 1 }, [1, 2], false, true],
    [[3, 2, 1], { last: 2 }, [2, 3], false, true],
    [[3, 2], { last: 2, before: 'x' }, [2, 3], true, false],
    [[1], { first: 0 }, [], true, false],
    [[], { first: 0 }, [], false, false],
  ] as [number[], Parameters<typeof parsePage>[0], number[], boolean, boolean][])(
    'of %j found for %j',
    (found, input, rows, hasNextPage, hasPreviousPage) => {
      expect(toPage(found, parsePage(input), cursorOf)).toEqual({ rows, hasNextPage, hasPreviousPage, cursorOf });
    },
  );
});
