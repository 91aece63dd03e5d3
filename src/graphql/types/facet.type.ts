import { Field, Int, ObjectType } from 'type-graphql';
import { AttributeValue } from '../scalars/attribute-value.scalar.js';

@ObjectType({ simpleResolvers: true, description: 'A value and how many of the devices have it.' })
class FacetBucket {
  @Field(() => AttributeValue, { description: 'The value, or one element of an array: a string, number or boolean.' })
  value!: unknown;

  @Field(() => Int, { description: 'Devices with this value. Exact.' })
  deviceCount!: number;
}

@ObjectType({
  simpleResolvers: true,
  description: [
    'Counts of devices by value. An array counts once under each of its different elements; values of different types are',
    'different buckets.',
  ].join('\n'),
})
export class Facet {
  @Field(() => [FacetBucket], {
    description:
      'Largest first; equal counts in order of value: numbers, then strings by Unicode code point, then false and true.',
  })
  buckets!: readonly FacetBucket[];

  @Field(() => Int, {
    description:
      'Devices with a value beyond the buckets returned; an empty array, which has no element to count under, is one too.',
  })
  otherCount!: number;

  @Field(() => Int, { description: 'Devices without a value.' })
  missingCount!: number;
}
