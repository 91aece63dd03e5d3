import { Field, ID, InterfaceType } from 'type-graphql';

/** Whatever `node` can fetch. Rows carry the internal id; the resolver of this interface makes the global one. */
@InterfaceType({ description: 'An object that can be fetched again by its id.' })
export abstract class Node {
  @Field(() => ID, {
    description: [
      'Opaque and unique among all objects of all types; it never changes. Give it to `node`, `nodes`, and wherever an',
      'id is asked for.',
    ].join('\n'),
  })
  id!: string;
}
