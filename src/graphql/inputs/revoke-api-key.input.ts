import { Field, ID, InputType } from 'type-graphql';

@InputType({ description: 'A key to revoke. It stops working at once; revoking it again changes nothing.' })
export class RevokeApiKeyInput {
  @Field(() => ID, { description: 'Id of the key; NOT_FOUND if there is none.' })
  id!: string;
}
