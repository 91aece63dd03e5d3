import { parseDeviceRecord } from '../../../src/cli/device-record.js';

function parse(record: unknown, options: { refuseNul?: boolean } = {}) {
  const text = typeof record === 'string' ? record : JSON.stringify(record);
  return parseDeviceRecord(text, { scope: 'INVENTORY', refuseNul: false, ...options });
}

describe('parseDeviceRecord', () => {
  it('makes a report of a record, with the scope on each attribute', () => {
    const record = {
      id: 'a "quoted" id',
      attributes: [
        { name: 'ports', value: ['80', '443'], description: 'Open ports' },
        { name: 'levels', value: [1, 2.5] },
        { name: 'on', value: true, description: null },
      ],
      group: 'lab',
      updated_ts: '2016-10-03T16:58:51.639Z',
    };
    const report = parseDeviceRecord(JSON.stringify(record), { scope: 'TAGS', refuseNul: false });
    expect(report.deviceSerial).toBe('a "quoted" id');
    expect(JSON.parse(report.json)).toEqual({
      deviceSerial: 'a "quoted" id',
      attributes: [
        { name: 'ports', value: ['80', '443'], scope: 'TAGS', description: 'Open ports' },
        { name: 'levels', value: [1, 2.5], scope: 'TAGS' },
        { name: 'on', value: true, scope: 'TAGS', description: null },
      ],
      group: 'lab',
    });
    expect(report.jsonBytes).toBe(Buffer.byteLength(report.json));
  });

  it('needs nothing but an id', () => {
    expect(JSON.parse(parse({ id: 'a' }).json)).toEqual({ deviceSerial: 'a', attributes: [] });
    expect(JSON.parse(parse({ id: 'a', group: null }).json)).toEqual({ deviceSerial: 'a', attributes: [] });
  });

  it.each([
    ['1e20', '1e+20'],
    ['-123456789012345678e3', '-1.2345678901234568e+20'],
    ['9007199254740992', '9.007199254740992e+15'],
    ['9007199254740991', '9007199254740991'],
    ['-0', '0'],
    ['1e300', '1e+300'],
    ['0.1', '0.1'],
  ])('writes the number %s so that the server reads the same', (value, written) => {
    const { json } = parse(`{"id":"a","attributes":[{"name":"n","value":${value}}]}`);
    expect(json).toContain(`"value":${written},`);
    expect(Number(written)).toBe(Number(value) + 0);
  });

  it.each([
    ['text', 'nope', /^not JSON: /],
    ['an array', [], /^record: an object, got an array$/],
    ['no id', {}, /^id: a string, got nothing$/],
    ['a number as id', { id: 5 }, /^id: a string, got a number$/],
    ['an empty id', { id: '' }, /^id: must have 1 to 1024 bytes/],
    ['a long id', { id: 'x'.repeat(1_025) }, /^id: at most 1024 bytes/],
    ['NUL in an id', { id: 'a\0' }, /^id: must not contain the character NUL/],
    [
      'an unknown field',
      { id: 'a', atributes: [] },
      /^atributes: unknown; there are only id, attributes, group, updated_ts$/,
    ],
    ['a bad group', { id: 'a', group: 'a group' }, /^group: may only have the characters/],
    ['attributes as an object', { id: 'a', attributes: {} }, /^attributes: an array, got an object$/],
    ['attributes as null', { id: 'a', attributes: null }, /^attributes: an array, got null$/],
    ['no value', { id: 'a', attributes: [{ name: 'n' }] }, /^attributes\[0\]\.value: .* got nothing$/],
    ['null as value', { id: 'a', attributes: [{ name: 'n', value: null }] }, /^attributes\[0\]\.value: .* got null$/],
    ['no name', { id: 'a', attributes: [{ value: 1 }] }, /^attributes\[0\]\.name: a string, got nothing$/],
    ['a mixed array', { id: 'a', attributes: [{ name: 'n', value: ['x', 1] }] }, /^attributes\[0\]\.value\[1\]: /],
    [
      'an unknown field of an attribute',
      { id: 'a', attributes: [{ name: 'n', value: 1, unit: 'V' }] },
      /^attributes\[0\]\.unit: unknown/,
    ],
    [
      'a name twice',
      {
        id: 'a',
        attributes: [
          { name: 'n', value: 1 },
          { name: 'n', value: 2 },
        ],
      },
      /^attributes\[1\]\.name: "n" stands twice/,
    ],
    [
      'a long description',
      { id: 'a', attributes: [{ name: 'n', value: 1, description: 'x'.repeat(1_025) }] },
      /^attributes\[0\]\.description: at most 1024 bytes/,
    ],
    [
      '1,001 attributes',
      { id: 'a', attributes: Array.from({ length: 1_001 }, (_, at) => ({ name: `n${at}`, value: 1 })) },
      /^attributes: at most 1000, got 1001$/,
    ],
    [
      'a lone surrogate',
      '{"id":"a","attributes":[{"name":"n","value":"\\ud800"}]}',
      /^attributes\[0\]\.value: must not contain an unpaired surrogate$/,
    ],
    [
      'an integer beyond 2^53',
      '{"id":"a","attributes":[{"name":"n","value":9007199254740993}]}',
      /^attributes\[0\]\.value: a finite number/,
    ],
    [
      'more than one request carries',
      {
        id: 'a',
        attributes: Array.from({ length: 257 }, (_, at) => ({ name: `n${at}`, value: 'x'.repeat(16 * 1024) })),
      },
      /^attributes: at most \d+ bytes in one request/,
    ],
  ])('refuses %s and says where', (_title, record, message) => {
    expect(() => parse(record)).toThrow(message);
  });

  it('puts U+FFFD in the place of NUL in values, and says so', () => {
    const record = {
      id: 'a',
      attributes: [
        { name: 'n', value: ['x\0\0', 'y'] },
        { name: 'm', value: '\0' },
      ],
    };
    const report = parse(record);
    expect(report.replacedNul).toBe(true);
    expect(JSON.parse(report.json)).toMatchObject({
      attributes: [{ value: ['x\ufffd\ufffd', 'y'] }, { value: '\ufffd' }],
    });
    expect(parse({ id: 'a' }).replacedNul).toBe(false);
    expect(() => parse(record, { refuseNul: true })).toThrow(
      /^attributes\[0\]\.value\[0\]: must not contain the character NUL/,
    );
  });
});
