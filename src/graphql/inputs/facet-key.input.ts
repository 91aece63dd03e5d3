import { Field, InputType } from 'type-graphql';
import { DeviceFacetField } from '../types/device-facet-field.enum.js';
import { AttributeKeyInput } from './attribute-key.input.js';

@InputType({ description: 'What to count devices by: exactly one of attribute and field, else BAD_USER_INPUT.' })
export class FacetKey {
  @Field(() => AttributeKeyInput, { nullable: true, description: 'An attribute to count by: its value that counts.' })
  attribute?: AttributeKeyInput | null;

  @Field(() => DeviceFacetField, { nullable: true, description: 'A field of the device to count by.' })
  field?: DeviceFacetField | null;
}
