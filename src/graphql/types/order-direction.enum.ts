import { stringEnum } from './string-enum.js';

export type OrderDirection = keyof typeof OrderDirection;
export const OrderDirection = stringEnum('OrderDirection', 'The direction of a sort key.', {
  ASC: 'Smallest, earliest or first in code points first; false before true.',
  DESC: 'Largest, latest or last in code points first; true before false.',
});
