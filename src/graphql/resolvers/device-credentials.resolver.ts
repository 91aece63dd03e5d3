import { Arg, Authorized, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { issueDeviceCredentials } from '../../auth/device-clients.js';
import { audited } from '../../changes/audit.js';
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
    const change = audited(context.changes, 'issueDeviceCredentials', {
      work: (inTransaction) => issueDeviceCredentials(inTransaction, input, new Date()),
      entryOf: ({ deviceId, deviceSerial, earlierClientId, clientId }) => ({
        kind: 'Device',
        object: { id: deviceId, name: deviceSerial },
        before: { values: { clientId: earlierClientId } },
        after: { values: { clientId } },
      }),
    });
    const { deviceId, clientId, clientSecret } = await applied(context, change);
    const device = stillThere(await context.loaders.device.load({ by: 'id', key: deviceId }));
    return { clientId, clientSecret, device, tokenUrl: context.tokenUrl };
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: 'OAuth client id, if credentials were issued. Null if not.',
  })
  clientId(@Root() { id }: DeviceRow, @Ctx() { loaders }: RequestContext): Promise<string | null> {
    return loaders.clientId.load(id);
  }
}
