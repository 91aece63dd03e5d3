import { QueryFailedError } from 'typeorm';
import { AppError } from '../../../src/errors.js';
import { isRetryable, LostRace, mapDatabaseError, violatedConstraint } from '../../../src/database/database-error.js';

const driverError = (fields: object, message = 'secret details of a table') =>
  new QueryFailedError('select secret', [], Object.assign(new Error(message), fields));

test.each([
  ['40001', 'CONFLICT', true],
  ['40P01', 'CONFLICT', true],
  ['23505', 'CONFLICT', false],
  ['23503', 'CONFLICT', true],
  ['57014', 'TIMEOUT', false],
  ['55P03', 'TIMEOUT', false],
  ['22021', 'BAD_USER_INPUT', false],
  ['22P05', 'BAD_USER_INPUT', false],
  ['2201B', 'BAD_USER_INPUT', false],
  ['54000', 'LIMIT_EXCEEDED', false],
  ['08006', 'UNAVAILABLE', false],
  ['57P01', 'UNAVAILABLE', false],
  ['57P03', 'UNAVAILABLE', false],
  ['53300', 'UNAVAILABLE', false],
  ['53100', 'UNAVAILABLE', false],
  ['ECONNREFUSED', 'UNAVAILABLE', false],
  ['ECONNRESET', 'UNAVAILABLE', false],
])('%s is %s to the caller', (code, expected, retried) => {
  const error = driverError({ code });
  const mapped = mapDatabaseError(error);
  expect(mapped).toBeInstanceOf(AppError);
  expect(mapped).toMatchObject({ code: expected, cause: error });
  expect((mapped as AppError).message).not.toContain('secret');
  expect(isRetryable(error)).toBe(retried);
});

test.each(['Connection terminated unexpectedly', 'timeout exceeded when trying to connect'])(
  'the message "%s" of the driver, which has no code, is UNAVAILABLE',
  (message) => {
    expect(mapDatabaseError(new Error(message))).toMatchObject({ code: 'UNAVAILABLE' });
  },
);

test('a query that the driver gave up on is TIMEOUT', () => {
  expect(mapDatabaseError(new Error('Query read timeout'))).toMatchObject({ code: 'TIMEOUT' });
});

test('a lost race is tried again, and CONFLICT in the end', () => {
  expect(isRetryable(new LostRace('a serial'))).toBe(true);
  expect(mapDatabaseError(new LostRace('a serial'))).toMatchObject({ code: 'CONFLICT' });
});

test.each([
  driverError({ code: '42P01' }),
  driverError({}),
  new TypeError('x'),
  'a string',
  null,
  undefined,
  { code: 7 },
])('what is unforeseen stays as it is, to be hidden: %p', (error) => {
  expect(mapDatabaseError(error)).toBe(error);
  expect(isRetryable(error)).toBe(false);
});

test('an error for the caller stays as it is', () => {
  const error = new AppError('NOT_FOUND', 'x');
  expect(mapDatabaseError(error)).toBe(error);
});

test('the constraint is named without the number of a shard', () => {
  expect(violatedConstraint(driverError({ constraint: 'device_serial_unique' }))).toBe('device_serial_unique');
  expect(violatedConstraint(driverError({ constraint: 'device_serial_unique_102008' }))).toBe('device_serial_unique');
  expect(violatedConstraint(driverError({}))).toBeUndefined();
  expect(violatedConstraint('x')).toBeUndefined();
});
