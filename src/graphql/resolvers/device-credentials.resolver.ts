import { Arg, Authorized, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { issueDeviceCredentials } from '../../auth/device-clients.js';
import type { Role } from '../../model/viewer.js';
import type { DeviceRow } from '../../search/search.js';
import { applied } from '../applied.js';
import type { RequestContext } from '../context.js';
import { IssueDeviceCredentialsInput } from '../inputs/issue-device-credentials.input.js';
import { stillThere } from '../still-there.js';
import { Device } from '../types/device.type.js';
import { IssueDeviceCredentialsPayload } from '../types/issue-device-credentials-payload.type.js';

@Resolver(() => Device)
export class DeviceCredentialsResolver {
  @Authorized<Role>('WRITER')
  @Mutation(() => IssueDeviceCredentialsPayload, {
    description:
      'OAuth 2.0 client credentials of one device, shown once; earlier ones and their tokens stop working. WRITER.',
  })
  async issueDeviceCredentials(
    @Arg('input', () => IssueDeviceCredentialsInput, { description: 'The device.' }) input: IssueDeviceCredentialsInput,
    @Ctx() context: RequestContext,
  ) {
    const { deviceId, ...issued } = await applied(context, issueDeviceCredentials(context.changes, input, new Date()));
    const device = stillThere(await context.loaders.device.load(deviceId));
    return { ...issued, device, tokenUrl: context.tokenUrl };
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: 'OAuth client id, if credentials were issued. Null if not.',
  })
  clientId(@Root() { id }: DeviceRow, @Ctx() { loaders }: RequestContext): Promise<string | null> {
    return loaders.clientId.load(id);
  }
}
