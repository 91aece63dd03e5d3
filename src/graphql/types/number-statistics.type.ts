import { Field, Float, Int, ObjectType } from 'type-graphql';

@ObjectType({ simpleResolvers: true, description: 'A percentile of some numbers.' })
class Percentile {
  @Field(() => Float, { description: 'As asked for: from 0 to 100.' })
  percent!: number;

  @Field(() => Float, {
    nullable: true,
    description: 'Below it are so many percent of the numbers; interpolated between two. Null if there are none.',
  })
  value!: number | null;
}

@ObjectType({ simpleResolvers: true, description: 'How many numbers lie between two others.' })
class HistogramBucket {
  @Field(() => Float, { description: 'Lower end, inclusive.' })
  from!: number;

  @Field(() => Float, { description: 'Upper end, exclusive; of the last bucket, inclusive.' })
  to!: number;

  @Field(() => Int, { description: 'Numbers in the bucket.' })
  count!: number;
}

@ObjectType({
  simpleResolvers: true,
  description: [
    'Statistics of the numbers of one attribute; other values do not count. Every element of an array of numbers counts,',
    'equal ones too.',
  ].join('\n'),
})
export class NumberStatistics {
  @Field(() => Int, { description: 'How many numbers there are; with arrays, more than devices.' })
  count!: number;

  @Field(() => Float, { nullable: true, description: 'The least. Null if there are none.' })
  min!: number | null;

  @Field(() => Float, { nullable: true, description: 'The largest. Null if there are none.' })
  max!: number | null;

  @Field(() => Float, { nullable: true, description: 'The arithmetic mean. Null if there are none.' })
  mean!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Standard deviation of the whole population (not of a sample). Null if there are none.',
  })
  standardDeviation!: number | null;

  @Field(() => [Percentile], { description: 'One for each that was asked for, in that order.' })
  percentiles!: readonly Percentile[];

  @Field(() => [HistogramBucket], {
    description: [
      'Buckets of equal width from min to max, empty ones too. If all numbers are equal it is one bucket from and to that',
      'number; if there are none it is empty.',
    ].join('\n'),
  })
  histogram!: readonly HistogramBucket[];
}
