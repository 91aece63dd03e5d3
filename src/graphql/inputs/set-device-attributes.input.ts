import { Field, InputType } from 'type-graphql';
import { AttributeScope } from '../types/attribute-scope.enum.js';
import { AttributeWriteMode } from '../types/attribute-write-mode.enum.js';
import { AttributeInput } from './attribute.input.js';

@InputType({ description: 'Attributes to write to one device; all or nothing. NOT_FOUND if the device is unknown.' })
export class SetDeviceAttributesInput {
  @Field(() => String, { description: 'Serial of the device.' })
  deviceSerial!: string;

  @Field(() => [AttributeInput], {
    description: 'The attributes, up to 1,000. With REPLACE all must be of the given scope; an empty list clears it.',
  })
  attributes!: AttributeInput[];

  @Field(() => AttributeWriteMode, { defaultValue: 'MERGE', description: 'What becomes of the names not given.' })
  mode!: AttributeWriteMode;

  @Field(() => AttributeScope, {
    defaultValue: 'INVENTORY',
    description: [
      'What REPLACE replaces; it then refuses attributes of another scope, and touches only values of source `api`. MERGE',
      'takes the scope of each attribute instead.',
    ].join('\n'),
  })
  scope!: AttributeScope;
}
