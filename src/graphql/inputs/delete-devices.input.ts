import { InputType } from 'type-graphql';
import { BulkChangeInput } from './bulk-change.input.js';

@InputType({
  description: 'Devices to delete with everything that belongs to them, in one transaction: all or nothing.',
})
export class DeleteDevicesInput extends BulkChangeInput {}
