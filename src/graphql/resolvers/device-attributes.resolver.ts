import { Arg, Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { type AttributeRow, compareByPrecedence } from '../../attributes/documents.js';
import { limitExceeded } from '../../errors.js';
import { parseAttributeName, parseName } from '../../model/names.js';
import { turns } from '../../turns.js';
import { ownerOf } from '../../model/viewer.js';
import { MAX_LIST_LENGTH } from '../../search/operators.js';
import type { DeviceRow } from '../../search/search.js';
import type { RequestContext } from '../context.js';
import { AttributeScope } from '../types/attribute-scope.enum.js';
import { Attribute } from '../types/attribute.type.js';
import { Device } from '../types/device.type.js';

interface Choice {
  readonly names?: readonly string[] | null;
  readonly scope?: AttributeScope | null;
  readonly source?: string | null;
}

/** Whether an attribute is among those asked for; absent and null ask for any. */
function parseChoice({ names, scope, source }: Choice, namesField: string): (attribute: AttributeRow) => boolean {
  if (names && names.length > MAX_LIST_LENGTH) {
    throw limitExceeded(namesField, `at most ${MAX_LIST_LENGTH} names, got ${names.length}`);
  }
  const wantedNames = names && new Set(names.map((name, index) => parseAttributeName(name, `${namesField}[${index}]`)));
  const wantedSource = source === undefined || source === null ? null : parseName(source, 'source');
  return (attribute) =>
    (!wantedNames || wantedNames.has(attribute.name)) &&
    (!scope || attribute.scope === scope) &&
    (wantedSource === null || attribute.source === wantedSource);
}

@Resolver(() => Device)
export class DeviceAttributesResolver {
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
    const isWanted = parseChoice({ names, scope, source }, 'names');
    const loaded = await loaders.attributes.load(device.id);
    // A page has up to half a million of them, and nothing is loaded below.
    await turns.wait(ownerOf(viewer));
    return loaded.filter(isWanted);
  }

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
    const isWanted = parseChoice({ names: [parseAttributeName(name, 'name')], scope, source }, 'name');
    const candidates = (await loaders.attributes.load(device.id)).filter(isWanted);
    return candidates.toSorted(compareByPrecedence)[0] ?? null;
  }
}
