import { Field, ObjectType } from 'type-graphql';
import { ApiKey } from './api-key.type.js';

@ObjectType({ simpleResolvers: true, description: 'Answer of createApiKey.' })
export class CreateApiKeyPayload {
  @Field(() => ApiKey, { description: 'The new key.' })
  apiKey!: ApiKey;

  @Field(() => String, {
    description: [
      'The secret, beginning with `fg_`: send it as HTTP Bearer, or as the password of HTTP Basic. It is shown only in',
      'this answer and cannot be read again.',
    ].join('\n'),
  })
  secret!: string;
}

@ObjectType({ simpleResolvers: true, description: 'Answer of revokeApiKey.' })
export class RevokeApiKeyPayload {
  @Field(() => ApiKey, { description: 'The key, which no longer works.' })
  apiKey!: ApiKey;
}
