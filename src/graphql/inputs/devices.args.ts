import { ArgsType, Field } from 'type-graphql';
import { DeviceFilter } from './device-filter.input.js';
import { DeviceOrder } from './device-order.input.js';
import { OffsetPageArgs } from './page.args.js';

@ArgsType()
export class DevicesArgs extends OffsetPageArgs {
  @Field(() => DeviceFilter, {
    nullable: true,
    description: [
      'Which devices. Absent: all. null, an empty object at any depth, and a variable that was not supplied are',
      'BAD_USER_INPUT, so that a mistake never widens a result.',
    ].join('\n'),
  })
  filter?: DeviceFilter | null;

  @Field(() => [DeviceOrder], {
    nullable: true,
    description: [
      'In which order: up to 5 sort keys, the first the strongest, none twice. Absent or empty: by id, ascending. The id',
      'breaks all ties, so that pages are stable.',
    ].join('\n'),
  })
  orderBy?: DeviceOrder[] | null;
}
