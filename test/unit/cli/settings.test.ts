import { parseCliSettings } from '../../../src/cli/settings.js';

describe('parseCliSettings', () => {
  it('talks to the local server without a key unless told otherwise', () => {
    const defaults = { FLEETGRAPH_URL: 'http://127.0.0.1:4000/graphql', FLEETGRAPH_API_KEY: undefined };
    expect(parseCliSettings({})).toEqual(defaults);
    expect(parseCliSettings({ FLEETGRAPH_URL: '', FLEETGRAPH_API_KEY: '' })).toEqual(defaults);
  });

  it('takes each setting from the variable of its name', () => {
    expect(parseCliSettings({ FLEETGRAPH_URL: 'https://fleet.example/graphql', FLEETGRAPH_API_KEY: 'fg_1' })).toEqual({
      FLEETGRAPH_URL: 'https://fleet.example/graphql',
      FLEETGRAPH_API_KEY: 'fg_1',
    });
  });

  it.each([
    [
      'an address without protocol',
      { FLEETGRAPH_URL: 'localhost' },
      /^FLEETGRAPH_URL: an address that begins with http/,
    ],
    ['another protocol', { FLEETGRAPH_URL: 'ftp://host/graphql' }, /^FLEETGRAPH_URL: /],
    [
      'a key with a line break',
      { FLEETGRAPH_API_KEY: 'fg_1\nX-Header: 1' },
      /^FLEETGRAPH_API_KEY: a key has only printable/,
    ],
  ])('refuses %s', (_title, env, message) => {
    expect(() => parseCliSettings(env)).toThrow(message);
  });

  it('refuses an address with a password and does not repeat it', () => {
    const parse = () => parseCliSettings({ FLEETGRAPH_URL: 'http://me:hunter2@host/graphql' });
    expect(parse).toThrow(/^FLEETGRAPH_URL: an address without user and password/);
    expect(parse).not.toThrow(/hunter2/);
  });

  it('tells all faults at once', () => {
    expect(() => parseCliSettings({ FLEETGRAPH_URL: 'x', FLEETGRAPH_API_KEY: 'a b' })).toThrow(
      /FLEETGRAPH_URL[^]*FLEETGRAPH_API_KEY/,
    );
  });
});
