import { Arg, Authorized, Ctx, Mutation, Resolver } from 'type-graphql';
import { assertMayReport } from '../../auth/policy.js';
import { deleteDevice } from '../../changes/bulk.js';
import {
  createDevice,
  removeDeviceAttributes,
  removeDeviceFromGroup,
  setDeviceAttributes,
  setDeviceGroup,
  updateDevice,
} from '../../changes/device.js';
import { recordDeviceEvent } from '../../changes/device-event.js';
import { reportAttributes } from '../../changes/report.js';
import { toGlobalId } from '../../model/global-id.js';
import { CreateDeviceInput } from '../inputs/create-device.input.js';
import { DeleteDeviceInput } from '../inputs/delete-device.input.js';
import { RecordDeviceEventInput } from '../inputs/record-device-event.input.js';
import { RemoveDeviceAttributesInput } from '../inputs/remove-device-attributes.input.js';
import { RemoveDeviceFromGroupInput } from '../inputs/remove-device-from-group.input.js';
import { ReportAttributesInput } from '../inputs/report-attributes.input.js';
import { SetDeviceAttributesInput } from '../inputs/set-device-attributes.input.js';
import { SetDeviceGroupInput } from '../inputs/set-device-group.input.js';
import { UpdateDeviceInput } from '../inputs/update-device.input.js';
import { CreateDevicePayload, DeleteDevicePayload, DevicePayload } from '../types/device-payload.type.js';
import { ReportAttributesPayload } from '../types/report-attributes-payload.type.js';
import type { Role } from '../../model/viewer.js';
import { applied } from '../applied.js';
import type { RequestContext } from '../context.js';

@Resolver()
export class DeviceChangesResolver {
  @Authorized<Role>('WRITER')
  @Mutation(() => CreateDevicePayload, {
    description: 'Creates a device; ifExists says what happens if the serial is taken. WRITER.',
  })
  createDevice(
    @Arg('input', () => CreateDeviceInput, { description: 'The device.' }) input: CreateDeviceInput,
    @Ctx() context: RequestContext,
  ) {
    return applied(context, createDevice(context.changes, input));
  }

  @Authorized<Role>('WRITER')
  @Mutation(() => DevicePayload, { description: 'Changes fields of a device, or moves it to another cohort. WRITER.' })
  updateDevice(
    @Arg('input', () => UpdateDeviceInput, { description: 'The device and what to change.' }) input: UpdateDeviceInput,
    @Ctx() context: RequestContext,
  ) {
    return applied(context, updateDevice(context.changes, input));
  }

  @Authorized<Role>('WRITER')
  @Mutation(() => DeleteDevicePayload, {
    description: 'Removes the device and everything that belongs to it. deleted is false if there was none. WRITER.',
  })
  async deleteDevice(
    @Arg('input', () => DeleteDeviceInput, { description: 'The device.' }) input: DeleteDeviceInput,
    @Ctx() context: RequestContext,
  ) {
    const { id } = await applied(context, deleteDevice(context.changes, input));
    return { deleted: id !== null, id: id === null ? null : toGlobalId('Device', id) };
  }

  @Authorized<Role>('WRITER')
  @Mutation(() => DevicePayload, {
    description: 'Writes attributes of a device, beside the present ones or in place of them. WRITER.',
  })
  setDeviceAttributes(
    @Arg('input', () => SetDeviceAttributesInput, { description: 'The device and its attributes.' })
    input: SetDeviceAttributesInput,
    @Ctx() context: RequestContext,
  ) {
    return applied(context, setDeviceAttributes(context.changes, input));
  }

  @Authorized<Role>('WRITER')
  @Mutation(() => DevicePayload, { description: 'Removes attributes of a device by name. WRITER.' })
  removeDeviceAttributes(
    @Arg('input', () => RemoveDeviceAttributesInput, { description: 'The device and the names.' })
    input: RemoveDeviceAttributesInput,
    @Ctx() context: RequestContext,
  ) {
    return applied(context, removeDeviceAttributes(context.changes, input));
  }

  @Authorized<Role>('WRITER')
  @Mutation(() => DevicePayload, {
    description:
      'Keeps an install or a trace of the device; the newest of each kind shows as latestInstall and latestTrace. WRITER.',
  })
  async recordDeviceEvent(
    @Arg('input', () => RecordDeviceEventInput, { description: 'The device and what happened.' })
    input: RecordDeviceEventInput,
    @Ctx() context: RequestContext,
  ) {
    return { device: await applied(context, recordDeviceEvent(context.changes, input)) };
  }

  @Authorized<Role>('WRITER')
  @Mutation(() => ReportAttributesPayload, {
    description:
      "Writes many devices' attributes in one call; all or nothing. Unknown devices are created if asked. WRITER, or a DEVICE for itself.",
  })
  reportAttributes(
    @Arg('input', () => ReportAttributesInput, { description: 'The reports.' }) input: ReportAttributesInput,
    @Ctx() context: RequestContext,
  ) {
    assertMayReport(context.viewer, input);
    return applied(context, reportAttributes(context.changes, input));
  }

  @Authorized<Role>('WRITER')
  @Mutation(() => DevicePayload, {
    description:
      'Puts a device into a group, out of the one it was in. The group is created if there is none of that name. WRITER.',
  })
  setDeviceGroup(
    @Arg('input', () => SetDeviceGroupInput, { description: 'The device and the group.' }) input: SetDeviceGroupInput,
    @Ctx() context: RequestContext,
  ) {
    return applied(context, setDeviceGroup(context.changes, input));
  }

  @Authorized<Role>('WRITER')
  @Mutation(() => DevicePayload, {
    description: 'Takes a device out of a group. NOT_FOUND if the device is unknown or not in that group. WRITER.',
  })
  removeDeviceFromGroup(
    @Arg('input', () => RemoveDeviceFromGroupInput, { description: 'The device and the group.' })
    input: RemoveDeviceFromGroupInput,
    @Ctx() context: RequestContext,
  ) {
    return applied(context, removeDeviceFromGroup(context.changes, input));
  }
}
