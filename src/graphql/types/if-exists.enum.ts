import { stringEnum } from './string-enum.js';

export type IfExists = keyof typeof IfExists;
export const IfExists = stringEnum('IfExists', 'What to do if the object to be created exists already.', {
  ERROR: 'Fail with CONFLICT; nothing is changed.',
  KEEP: 'Return it as it is, with created: false.',
  UPDATE: 'Change it to the input and return it, with created: false. Fields not given keep their value.',
});
