import { Arg, Authorized, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import { createApiKey, listApiKeys, revokeApiKey } from '../../auth/api-keys.js';
import { audited } from '../../changes/audit.js';
import { createdApiKeyEntry, revokedApiKeyEntry } from '../../changes/audited-api-key.js';
import type { ApiKeyEntity } from '../../database/entities/api-key.entity.js';
import type { Role } from '../../model/viewer.js';
import { applied } from '../applied.js';
import type { RequestContext } from '../context.js';
import { CreateApiKeyInput } from '../inputs/create-api-key.input.js';
import { RevokeApiKeyInput } from '../inputs/revoke-api-key.input.js';
import { CreateApiKeyPayload, RevokeApiKeyPayload } from '../types/api-key-payload.type.js';
import { ApiKey } from '../types/api-key.type.js';

@Resolver(() => ApiKey)
export class ApiKeyResolver {
  @Authorized<Role>('ADMIN')
  @Query(() => [ApiKey], {
    description: 'All keys of the project, revoked and expired ones too, newest first. ADMIN only.',
  })
  apiKeys(@Ctx() { changes }: RequestContext): Promise<ApiKeyEntity[]> {
    return listApiKeys(changes);
  }

  @Authorized<Role>('ADMIN')
  @Mutation(() => CreateApiKeyPayload, {
    description: 'Makes a key of the project. The secret is shown once, in the answer. ADMIN only.',
  })
  createApiKey(
    @Arg('input', () => CreateApiKeyInput, { description: 'The key.' }) input: CreateApiKeyInput,
    @Ctx() context: RequestContext,
  ) {
    const change = audited(context.changes, 'createApiKey', {
      work: (inTransaction) => createApiKey(inTransaction, input, new Date()),
      entryOf: ({ apiKey }) => createdApiKeyEntry(apiKey),
    });
    return applied(context, change);
  }

  @Authorized<Role>('ADMIN')
  @Mutation(() => RevokeApiKeyPayload, { description: 'Revokes a key, which stops working at once. ADMIN only.' })
  async revokeApiKey(
    @Arg('input', () => RevokeApiKeyInput, { description: 'The key.' }) { id }: RevokeApiKeyInput,
    @Ctx() context: RequestContext,
  ) {
    const now = new Date();
    const change = audited(context.changes, 'revokeApiKey', {
      work: (inTransaction) => revokeApiKey(inTransaction, id, now),
      entryOf: (apiKey) => revokedApiKeyEntry(apiKey, now),
    });
    return { apiKey: await applied(context, change) };
  }
}
