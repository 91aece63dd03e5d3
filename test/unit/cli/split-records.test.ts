import { splitRecords, type RawRecord } from '../../../src/cli/split-records.js';

/** The records of a text, read in pieces of that many bytes. */
async function split(text: string | Uint8Array, pieceBytes = 64 * 1024): Promise<RawRecord[]> {
  const bytes = Buffer.from(text as string);
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
  }
  const records: RawRecord[] = [];
  for await (const record of splitRecords(pieces())) {
    records.push('json' in record ? { ...record, json: record.json.trim() } : record);
  }
  return records;
}

describe('splitRecords', () => {
  it('finds one record on each line and passes over blank lines', async () => {
    expect(await split('\n{"id":"a"}\r\n \n{"id":"b"}\n{"id":"c"}')).toEqual([
      { line: 2, json: '{"id":"a"}' },
      { line: 4, json: '{"id":"b"}' },
      { line: 5, json: '{"id":"c"}' },
    ]);
  });

  it('finds the elements of an array with the lines on which they begin', async () => {
    const text = '\n[\n  {"id": "a",\n   "attributes": [1, [2]]},\n\n  {"id": "b"} , {"id": "c"}\n]\n';
    expect(await split(text)).toEqual([
      { line: 3, json: '{"id": "a",\n   "attributes": [1, [2]]}' },
      { line: 6, json: '{"id": "b"}' },
      { line: 6, json: '{"id": "c"}' },
    ]);
  });

  it('takes brackets, commas and quotes in strings for text', async () => {
    const element = '{"id":"],[{\\"}\\\\"}';
    expect(await split(`[${element},${element}]`)).toEqual([
      { line: 1, json: element },
      { line: 1, json: element },
    ]);
  });

  it.each([
    ['lines', '\ufeff{"id":"ä€😀"}\r\n\n{"id":"b"}\nnot JSON\n'],
    ['an array', '\ufeff [ {"id":"ä€😀\\\\"},\n{"a":["]"]}\n,\n5 ]\n'],
    ['a broken array', '[{"id":"a"},{"id":"b"\n,{"id":"c"}]'],
  ])('finds the same in %s however the bytes arrive', async (_title, text) => {
    const whole = await split(text);
    expect(whole.length).toBeGreaterThan(1);
    for (const pieceBytes of [1, 2, 3, 5, 7]) expect(await split(text, pieceBytes)).toEqual(whole);
  });

  it.each([
    ['nothing', ''],
    ['blanks', ' \n\n\t'],
    ['an empty array', ' [ \n ] '],
  ])('finds no record in %s', async (_title, text) => {
    expect(await split(text)).toEqual([]);
  });

  it('names the line from which on an array is broken, and no line of the rest', async () => {
    expect(await split('[{"id":"a"},\n{"id":"b",\n{"id":"c"}]\n')).toEqual([
      { line: 1, json: '{"id":"a"}' },
      { line: 2, fault: expect.stringMatching(/does not end/) as string },
    ]);
  });

  it.each([
    ['a comma too many', '[{"id":"a"},\n]', { line: 2, fault: 'a record is missing beside this comma' }],
    ['two commas', '[{"id":"a"},,{"id":"b"}]', { line: 1, fault: 'a record is missing beside this comma' }],
    ['more after the array', '[]\n{"id":"a"}\n{', { line: 2, fault: 'nothing may stand after the end of the array' }],
  ])('finds fault with %s', async (_title, text, fault) => {
    const faults = (await split(text)).filter((record) => 'fault' in record);
    expect(faults).toEqual([fault]);
  });

  it('finds fault with a line that is not UTF-8 and goes on', async () => {
    const bytes = Buffer.concat([Buffer.from('{"id":"a"}\n"'), Buffer.from([0xff]), Buffer.from('"\n{"id":"b"}\n')]);
    expect(await split(bytes)).toEqual([
      { line: 1, json: '{"id":"a"}' },
      { line: 2, fault: 'not UTF-8' },
      { line: 3, json: '{"id":"b"}' },
    ]);
  });

  it('passes over a record that no request could carry', async () => {
    const long = `{"id":"${'x'.repeat(4 * 1024 * 1024)}"}`;
    const tooLong = { line: 1, fault: `a record has at most 4194304 bytes, this one has ${long.length}` };
    expect(await split(`${long}\n{"id":"b"}`)).toEqual([tooLong, { line: 2, json: '{"id":"b"}' }]);
    expect(await split(`[${long},{"id":"b"}]`)).toEqual([tooLong, { line: 1, json: '{"id":"b"}' }]);
  });
});
