import { Field, InputType } from 'type-graphql';
import { AttributeInput } from './attribute.input.js';
import { BulkChangeInput } from './bulk-change.input.js';

@InputType({
  description: [
    'Attributes to write to many devices, in one transaction: all or nothing. They are merged: names not given stay. A',
    'device that has all the values already counts as matched, not as changed.',
  ].join('\n'),
})
export class SetAttributesOfDevicesInput extends BulkChangeInput {
  @Field(() => [AttributeInput], { description: 'The attributes, 1 to 1,000, the same for every device.' })
  attributes!: AttributeInput[];
}
