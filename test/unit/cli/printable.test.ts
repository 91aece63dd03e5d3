import { printable } from '../../../src/cli/printable.js';

describe('printable', () => {
  it('leaves text of any script as it is', () => {
    expect(printable('Früh 東京 😀 "x"')).toBe('Früh 東京 😀 "x"');
  });

  it('shows what a terminal would obey', () => {
    expect(printable('a\u001b[2Jb\nc\u202ed')).toBe('a\\u001b[2Jb\\u000ac\\u202ed');
  });

  it('cuts what is long', () => {
    expect(printable('x'.repeat(1_000))).toBe(`${'x'.repeat(400)}…`);
  });
});
