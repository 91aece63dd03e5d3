import { Field, InputType } from 'type-graphql';
import { DeviceOrderField } from '../types/device-order-field.enum.js';
import { NullsOrder } from '../types/nulls-order.enum.js';
import { OrderDirection } from '../types/order-direction.enum.js';
import { AttributeKeyInput } from './attribute-key.input.js';

@InputType({
  description: [
    'One sort key: exactly one of field and attribute, else BAD_USER_INPUT. Devices without the value come last in either',
    'direction unless nulls says otherwise. Values of different types order as numbers, strings, booleans, arrays, and the',
    'other way round with DESC; arrays compare element by element.',
  ].join('\n'),
})
export class DeviceOrder {
  @Field(() => DeviceOrderField, { nullable: true, description: 'A field of the device to sort by.' })
  field?: DeviceOrderField | null;

  @Field(() => AttributeKeyInput, { nullable: true, description: 'An attribute to sort by: its value that counts.' })
  attribute?: AttributeKeyInput | null;

  @Field(() => OrderDirection, { defaultValue: 'DESC', description: 'Largest first, unless told otherwise.' })
  direction!: OrderDirection;

  @Field(() => NullsOrder, { defaultValue: 'LAST', description: 'Where devices without the value stand.' })
  nulls!: NullsOrder;
}
