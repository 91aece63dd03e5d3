import { stringEnum } from './string-enum.js';

export type NullsOrder = keyof typeof NullsOrder;
export const NullsOrder = stringEnum('NullsOrder', 'Where devices without the value of a sort key stand.', {
  FIRST: 'Before all others, whatever the direction.',
  LAST: 'After all others, whatever the direction.',
});
