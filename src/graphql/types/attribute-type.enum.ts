import type { AttributeType as AttributeTypeName } from '../../model/attribute-value.js';
import { stringEnum } from './string-enum.js';

export type AttributeType = AttributeTypeName;
export const AttributeType = stringEnum<AttributeTypeName>(
  'AttributeType',
  'The type of an attribute, which is the type of the JSON value that was reported.',
  {
    STRING: 'A text, up to 16 KiB.',
    NUMBER: 'A finite number of double precision.',
    BOOLEAN: 'true or false.',
    STRING_ARRAY: 'A list of up to 1,000 texts in the reported order. The empty list is of this type.',
    NUMBER_ARRAY: 'A list of 1 to 1,000 numbers in the reported order.',
  },
);
