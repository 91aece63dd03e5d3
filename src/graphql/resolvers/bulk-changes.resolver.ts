import { Arg, Authorized, Ctx, Mutation, Resolver } from 'type-graphql';
import { deleteDevices, moveDevicesToCohort, moveDevicesToGroup, setAttributesOfDevices } from '../../changes/bulk.js';
import { DeleteDevicesInput } from '../inputs/delete-devices.input.js';
import { MoveDevicesToCohortInput } from '../inputs/move-devices-to-cohort.input.js';
import { MoveDevicesToGroupInput } from '../inputs/move-devices-to-group.input.js';
import { SetAttributesOfDevicesInput } from '../inputs/set-attributes-of-devices.input.js';
import { BulkPayload } from '../types/bulk-payload.type.js';
import type { Role } from '../../model/viewer.js';
import { applied } from '../applied.js';
import type { RequestContext } from '../context.js';

@Resolver()
export class BulkChangesResolver {
  @Authorized<Role>('WRITER')
  @Mutation(() => BulkPayload, { description: 'Moves many devices to a cohort. WRITER.' })
  moveDevicesToCohort(
    @Arg('input', () => MoveDevicesToCohortInput, { description: 'Which devices, and the cohort.' })
    input: MoveDevicesToCohortInput,
    @Ctx() context: RequestContext,
  ) {
    return applied(context, moveDevicesToCohort(context.changes, input));
  }

  @Authorized<Role>('WRITER')
  @Mutation(() => BulkPayload, { description: 'Moves many devices to a group, or out of their groups. WRITER.' })
  moveDevicesToGroup(
    @Arg('input', () => MoveDevicesToGroupInput, { description: 'Which devices, and the group.' })
    input: MoveDevicesToGroupInput,
    @Ctx() context: RequestContext,
  ) {
    return applied(context, moveDevicesToGroup(context.changes, input));
  }

  @Authorized<Role>('WRITER')
  @Mutation(() => BulkPayload, { description: 'Writes the same attributes to many devices. WRITER.' })
  setAttributesOfDevices(
    @Arg('input', () => SetAttributesOfDevicesInput, { description: 'Which devices, and the attributes.' })
    input: SetAttributesOfDevicesInput,
    @Ctx() context: RequestContext,
  ) {
    return applied(context, setAttributesOfDevices(context.changes, input));
  }

  @Authorized<Role>('WRITER')
  @Mutation(() => BulkPayload, { description: 'Removes many devices and everything that belongs to them. WRITER.' })
  deleteDevices(
    @Arg('input', () => DeleteDevicesInput, { description: 'Which devices.' }) input: DeleteDevicesInput,
    @Ctx() context: RequestContext,
  ) {
    return applied(context, deleteDevices(context.changes, input));
  }
}
