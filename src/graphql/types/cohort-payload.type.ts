import { Field, Int, ObjectType } from 'type-graphql';
import { Cohort } from './cohort.type.js';

@ObjectType({ simpleResolvers: true, description: 'Answer of a change of one cohort.' })
export class CohortPayload {
  @Field(() => Cohort, { description: 'The cohort after the change.' })
  cohort!: Cohort;
}

@ObjectType({ simpleResolvers: true, description: 'Answer of createCohort.' })
export class CreateCohortPayload {
  @Field(() => Cohort, { description: 'The cohort, new or as ifExists left it.' })
  cohort!: Cohort;

  @Field(() => Boolean, { description: 'False if it was there already.' })
  created!: boolean;
}

@ObjectType({ simpleResolvers: true, description: 'Answer of deleteCohort.' })
export class DeleteCohortPayload {
  @Field(() => Boolean, { description: 'False if there was no such cohort; nothing is changed then.' })
  deleted!: boolean;

  @Field(() => Int, { description: 'Devices that went to the default cohort.' })
  movedDeviceCount!: number;
}
