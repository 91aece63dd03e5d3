import { EQUALITIES } from './equalities.js';
import { FACETS } from './facets.js';
import { FIELDS } from './fields.js';
import { RANGES } from './ranges.js';
import { SORTS } from './sorts.js';
import { TEXTS } from './texts.js';
import { TOTALS } from './totals.js';
import type { Workload } from './workload.js';

export const WORKLOADS: readonly Workload[] = [
  ...EQUALITIES,
  ...RANGES,
  ...TEXTS,
  ...SORTS,
  ...TOTALS,
  ...FACETS,
  ...FIELDS,
];
