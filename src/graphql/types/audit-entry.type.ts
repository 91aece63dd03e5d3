import { Field, Int, ObjectType } from 'type-graphql';
import { DateTime } from '../scalars/date-time.scalar.js';
import { Json } from '../scalars/json.scalar.js';

@ObjectType({
  simpleResolvers: true,
  description: [
    'One change: who made it, when, and what was different afterwards. A bulk change is one entry, with its selector and',
    'counts. Secrets are never in it. Long texts and lists are cut, and say so in place of what is left out.',
  ].join('\n'),
})
export class AuditEntry {
  @Field(() => DateTime, { description: 'When the change was made.' })
  at!: Date;

  @Field(() => String, { description: 'Name of the key or person that made it.' })
  principal!: string;

  @Field(() => String, {
    nullable: true,
    description: [
      'Who it was beyond doubt, since names can be given twice: the id of the key or device, or `subject:` and the claim',
      '`sub` of a person. Null for the command line.',
    ].join('\n'),
  })
  principalId!: string | null;

  @Field(() => String, { description: 'The role in which it was made.' })
  role!: string;

  @Field(() => String, { description: 'Name of the mutation.' })
  operation!: string;

  @Field(() => String, { description: 'Type of the object: Device, Cohort, Group, Deployment, ApiKey or Project.' })
  kind!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Id of the object, also of one that is gone. Null for a change of many.',
  })
  objectId!: string | null;

  @Field(() => String, {
    nullable: true,
    description: [
      'Serial of the device, slug of the cohort (also of a deployment) or name, after the change. Null for a change of',
      'many.',
    ].join('\n'),
  })
  objectName!: string | null;

  @Field(() => Json, {
    nullable: true,
    description: 'What changed, as it was. Null for what is new and for a change of many.',
  })
  before!: unknown;

  @Field(() => Json, {
    nullable: true,
    description: 'What changed, as it is afterwards; of a change of many, what was asked for. Null for what is gone.',
  })
  after!: unknown;

  @Field(() => Json, {
    nullable: true,
    description:
      'The devices that a change of many was about, as the caller named them; lengths of time in milliseconds.',
  })
  selector!: unknown;

  @Field(() => Int, { nullable: true, description: 'Devices that a change of many was about.' })
  matchedCount!: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Devices that were different afterwards, also those of a cohort or group that was deleted.',
  })
  changedCount!: number | null;

  @Field(() => String, { description: 'The id of the request, as the answer and the log of the server have it.' })
  requestId!: string;
}
