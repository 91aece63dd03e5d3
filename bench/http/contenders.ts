/**
 * What is compared: A fleetgraph; B PostGraphile by what it generates from the tables; B2 the same server by functions and
 * computed columns written in SQL for it; C the hand-written floor; C1 the same
 * where the statement looks up the key too, which is worth the most where there is the least to do.
 */
export const CONTENDERS = ['A', 'B', 'B2', 'C', 'C1'] as const;
export type Contender = (typeof CONTENDERS)[number];

export type ServerName = 'fleetgraph' | 'postgraphile' | 'floor';

export const SERVER_OF: Readonly<Record<Contender, ServerName>> = {
  A: 'fleetgraph',
  B: 'postgraphile',
  B2: 'postgraphile',
  C: 'floor',
  C1: 'floor',
};

export const CONTENDER_NAMES: Readonly<Record<Contender, string>> = {
  A: 'A fleetgraph',
  B: 'B PostGraphile',
  B2: 'B2 PostGraphile, SQL functions',
  C: 'C by hand',
  C1: 'C1 by hand, one statement',
};
