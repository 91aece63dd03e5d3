import { AppError } from '../errors.js';

/**
 * For what a row always refers to: it can only be missing if it was deleted after the row was read, since a request
 * reads with several statements.
 */
export function stillThere<Row>(row: Row | null): Row {
  if (row === null) throw new AppError('CONFLICT', 'Something was deleted while it was being read; read again.');
  return row;
}
