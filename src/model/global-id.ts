import { badInput } from '../errors.js';
import { describe } from './text.js';

export const NODE_TYPES = ['Device', 'Cohort', 'Group', 'Release', 'Deployment', 'ApiKey', 'Project'] as const;
export type NodeType = (typeof NODE_TYPES)[number];

export interface NodeId {
  readonly type: NodeType;
  /** Internal id: a positive 64-bit integer as text. */
  readonly id: string;
}

const LARGEST_ID = 2n ** 63n - 1n;

/** The opaque id that callers see: it carries the type, so that `node` knows where to look. */
export function toGlobalId(type: NodeType, id: string): string {
  return Buffer.from(`${type}:${id}`).toString('base64url');
}

/** Throws BAD_USER_INPUT for anything that `toGlobalId` would not have made. Says nothing of whether it exists. */
export function parseGlobalId(input: unknown, field: string): NodeId {
  if (typeof input !== 'string') throw badInput(field, `an id, got ${describe(input)}`);
  const [, typeName, id = ''] =
    /^([A-Za-z]+):([1-9]\d{0,18})$/.exec(Buffer.from(input.slice(0, 100), 'base64url').toString()) ?? [];
  const type = NODE_TYPES.find((one) => one === typeName);
  if (type === undefined || BigInt(id) > LARGEST_ID || toGlobalId(type, id) !== input) {
    throw badInput(field, 'not an id of this API');
  }
  return { type, id };
}

/** The internal id of a thing of one type; null if the id is of another type, as unknown as any other. */
export function parseIdOfType(type: NodeType, input: unknown, field: string): string | null {
  const nodeId = parseGlobalId(input, field);
  return nodeId.type === type ? nodeId.id : null;
}

/** Throws BAD_USER_INPUT for what is not a UUID; lower case. */
export function parseUuid(input: unknown, field: string): string {
  if (typeof input !== 'string' || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(input)) {
    throw badInput(field, 'a UUID such as 7a88177e-62dc-4e6a-b472-606defdcf375');
  }
  return input.toLowerCase();
}
