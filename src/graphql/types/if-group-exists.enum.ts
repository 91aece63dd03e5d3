import { stringEnum } from './string-enum.js';

export type IfGroupExists = keyof typeof IfGroupExists;
export const IfGroupExists = stringEnum('IfGroupExists', 'What to do if a group of that name exists already.', {
  ERROR: 'Fail with CONFLICT; nothing is changed.',
  KEEP: 'Return it as it is, with created: false.',
});
