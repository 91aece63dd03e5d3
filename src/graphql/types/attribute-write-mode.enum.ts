import { stringEnum } from './string-enum.js';

export type AttributeWriteMode = keyof typeof AttributeWriteMode;
export const AttributeWriteMode = stringEnum(
  'AttributeWriteMode',
  'What a write does to the attributes that it does not name.',
  {
    MERGE: 'Names not given stay.',
    REPLACE: 'The scope is left with exactly the given names. Values that other systems reported stay.',
  },
);
