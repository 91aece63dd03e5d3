import { Field, InputType } from 'type-graphql';
import { AttributeScope } from '../types/attribute-scope.enum.js';

@InputType({ description: 'Attributes to remove from one device. NOT_FOUND if the device is unknown.' })
export class RemoveDeviceAttributesInput {
  @Field(() => String, { description: 'Serial of the device.' })
  deviceSerial!: string;

  @Field(() => [String], {
    description: 'Names to remove, up to 1,000. One that the device does not have is no error.',
  })
  names!: string[];

  @Field(() => AttributeScope, {
    defaultValue: 'INVENTORY',
    description: 'Scope to remove them from. Only values of source `api` are removed.',
  })
  scope!: AttributeScope;
}
