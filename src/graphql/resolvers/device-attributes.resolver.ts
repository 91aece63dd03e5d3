import { Arg, Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { type AttributeRow, compareByPrecedence, type DocumentAttributes } from '../../attributes/documents.js';
import type { AttributeKey } from '../../attributes/keys.js';
import { limitExceeded } from '../../errors.js';
import { parseAttributeName, parseName } from '../../model/names.js';
import { turns } from '../../turns.js';
import { ownerOf } from '../../model/viewer.js';
import { MAX_LIST_LENGTH } from '../../search/operators.js';
import type { DeviceRow } from '../../search/search.js';
import type { RequestContext } from '../context.js';
import { AtHand } from '../execution/at-hand.js';
import { AttributeScope } from '../types/attribute-scope.enum.js';
import { Attribute } from '../types/attribute.type.js';
import { Device } from '../types/device.type.js';

interface ChoiceArgs {
  readonly names?: readonly string[] | null;
  readonly scope?: AttributeScope | null;
  readonly source?: string | null;
}

/** The attributes that are asked for; what is absent or null asks for any. */
class Choice {
  readonly #isWanted: (key: AttributeKey) => boolean;
  /** Of each kind of device it is made once. */
  readonly #keys = new WeakMap<readonly AttributeKey[], readonly AttributeKey[]>();
  readonly #winners = new WeakMap<readonly AttributeKey[], readonly AttributeKey[]>();

  constructor({ names, scope, source }: ChoiceArgs, namesField: string) {
    if (names && names.length > MAX_LIST_LENGTH) {
      throw limitExceeded(namesField, `at most ${MAX_LIST_LENGTH} names, got ${names.length}`);
    }
    const wantedNames =
      names && new Set(names.map((name, index) => parseAttributeName(name, `${namesField}[${index}]`)));
    const wantedSource = source === undefined || source === null ? null : parseName(source, 'source');
    this.#isWanted = (key) =>
      (!wantedNames || wantedNames.has(key.name)) &&
      (!scope || key.scope === scope) &&
      (wantedSource === null || key.source === wantedSource);
  }

  allOf(attributes: DocumentAttributes): readonly AttributeRow[] {
    return attributes.rows(this.#keysOf(attributes));
  }

  /** The value that counts. */
  firstOf(attributes: DocumentAttributes): AttributeRow | null {
    const winner = keep(this.#winners, attributes.keys, () =>
      this.#keysOf(attributes).toSorted(compareByPrecedence).slice(0, 1),
    );
    return attributes.rows(winner)[0] ?? null;
  }

  #keysOf({ keys }: DocumentAttributes): readonly AttributeKey[] {
    return keep(this.#keys, keys, () => keys.filter(this.#isWanted));
  }
}

/** By arguments of a field, which are the same for all devices of an operation. */
const choices = new WeakMap<object, Choice>();

function keep<Key extends object, Value>(kept: WeakMap<Key, Value>, key: Key, make: () => Value): Value {
  let value = kept.get(key);
  if (value === undefined) {
    value = make();
    kept.set(key, value);
  }
  return value;
}

type OneArgs = Omit<ChoiceArgs, 'names'> & { readonly name: string };

function choiceOfOne({ name, ...others }: OneArgs): Choice {
  return new Choice({ names: [parseAttributeName(name, 'name')], ...others }, 'name');
}

@Resolver(() => Device)
export class DeviceAttributesResolver {
  @AtHand(
    ({ attributes }: DeviceRow, args: ChoiceArgs) =>
      attributes && keep(choices, args, () => new Choice(args, 'names')).allOf(attributes),
  )
  @FieldResolver(() => [Attribute], {
    description:
      'Attributes of the device, ordered by name, then scope (IDENTITY, INVENTORY, MONITOR, SYSTEM, TAGS), then source.',
  })
  async attributes(
    @Root() device: DeviceRow,
    @Arg('names', () => [String], {
      nullable: true,
      description: 'Only these names, up to 1,000. Absent: all. An empty list: none.',
    })
    names: string[] | null | undefined,
    @Arg('scope', () => AttributeScope, { nullable: true, description: 'Only this scope. Absent: all.' })
    scope: AttributeScope | null | undefined,
    @Arg('source', () => String, {
      nullable: true,
      description: 'Only values that this system reported: `api` or the name of a source. Absent: all.',
    })
    source: string | null | undefined,
    @Ctx() { loaders, viewer }: RequestContext,
  ): Promise<readonly AttributeRow[]> {
    const choice = new Choice({ names, scope, source }, 'names');
    const attributes = device.attributes ?? (await loaders.attributes.load(device.id));
    // A page has up to half a million of them, and nothing is loaded below.
    await turns.wait(ownerOf(viewer));
    return choice.allOf(attributes);
  }

  @AtHand(
    ({ attributes }: DeviceRow, args: OneArgs) =>
      attributes && keep(choices, args, () => choiceOfOne(args)).firstOf(attributes),
  )
  @FieldResolver(() => Attribute, {
    nullable: true,
    description: [
      'One attribute by name. Where several scopes or sources report the name, it is the value that counts: source `api`',
      'first, then by name of the source; scope TAGS, INVENTORY, MONITOR, IDENTITY, SYSTEM. Null if there is none.',
    ].join('\n'),
  })
  async attribute(
    @Root() device: DeviceRow,
    @Arg('name', () => String, { description: 'Name, exactly as reported; letter case counts.' }) name: string,
    @Arg('scope', () => AttributeScope, { nullable: true, description: 'Only this scope. Absent: any.' })
    scope: AttributeScope | null | undefined,
    @Arg('source', () => String, {
      nullable: true,
      description: 'Only values that this system reported: `api` or the name of a source. Absent: any.',
    })
    source: string | null | undefined,
    @Ctx() { loaders }: RequestContext,
  ): Promise<AttributeRow | null> {
    const choice = choiceOfOne({ name, scope, source });
    return choice.firstOf(device.attributes ?? (await loaders.attributes.load(device.id)));
  }
}
