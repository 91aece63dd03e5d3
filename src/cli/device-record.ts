import { AppError, badInput, limitExceeded } from '../errors.js';
import {
  ATTRIBUTE_LIMITS,
  type AttributeScope,
  type AttributeValue,
  parseAttributeValue,
} from '../model/attribute-value.js';
import { parseJson } from '../model/json.js';
import { LIMITS } from '../model/limits.js';
import { parseAttributeName, parseDeviceSerial, parseGroupName } from '../model/names.js';
import { describe, parseTextOfBytes } from '../model/text.js';

/** A record of Mender's inventory as our API takes it. */
export interface DeviceReport {
  readonly deviceSerial: string;
  /** An AttributeReport in JSON: requests are put together from these. */
  readonly json: string;
  readonly jsonBytes: number;
  /** A value had NUL, and has U+FFFD instead. */
  readonly replacedNul: boolean;
}

export interface RecordOptions {
  /** Of all attributes. */
  readonly scope: AttributeScope;
  /**
   * What devices report is often a C string, padded with NUL, which no Postgres keeps. Unless it is refused, the character that
   * stands for what cannot be shown takes its place: taking it out would make different values equal.
   */
  readonly refuseNul: boolean;
}

const RECORD_FIELDS = ['id', 'attributes', 'group', 'updated_ts'];
const ATTRIBUTE_FIELDS = ['name', 'value', 'description'];

/** What a request needs around one report, generously. */
const ENVELOPE_BYTES = 4_096;

/**
 * `{ id, attributes: [{ name, value, description }], group, updated_ts }`, by the rules of the server. Throws an AppError whose message
 * begins with the path of what is wrong.
 */
export function parseDeviceRecord(text: string, { scope, refuseNul }: RecordOptions): DeviceReport {
  const record = parseObject(parseRecordJson(text), '', RECORD_FIELDS);
  const deviceSerial = parseDeviceSerial(record['id'], 'id');
  let replacedNul = false;
  const attributes = parseAttributes(record['attributes'], scope, (value) => {
    if (refuseNul || typeof value !== 'string' || !value.includes('\0')) return value;
    replacedNul = true;
    return value.replaceAll('\0', '\ufffd');
  });
  // Mender's API tells with null that a device is in no group.
  const group =
    record['group'] === undefined || record['group'] === null ? null : parseGroupName(record['group'], 'group');
  const json = `{"deviceSerial":${JSON.stringify(deviceSerial)},"attributes":[${attributes.join()}]${
    group === null ? '' : `,"group":${JSON.stringify(group)}`
  }}`;
  const jsonBytes = Buffer.byteLength(json);
  const most = LIMITS.bodyBytes - ENVELOPE_BYTES;
  if (jsonBytes > most) throw limitExceeded('attributes', `at most ${most} bytes in one request, got ${jsonBytes}`);
  return { deviceSerial, json, jsonBytes, replacedNul };
}

function parseRecordJson(text: string): unknown {
  try {
    return parseJson(text);
  } catch (fault) {
    if (!(fault instanceof SyntaxError)) throw fault;
    throw new AppError('BAD_USER_INPUT', `not JSON: ${fault.message}`, { cause: fault });
  }
}

/** A field we do not know is most likely one of ours misspelt, and would be lost in silence. */
function parseObject(input: unknown, path: string, fields: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw badInput(path || 'record', `an object, got ${describe(input)}`);
  }
  const unknown = Object.keys(input).find((field) => !fields.includes(field));
  if (unknown !== undefined) {
    throw badInput(path ? `${path}.${unknown}` : unknown, `unknown; there are only ${fields.join(', ')}`);
  }
  return input as Readonly<Record<string, unknown>>;
}

/** Each attribute as the JSON of an AttributeInput. */
function parseAttributes(input: unknown = [], scope: AttributeScope, clean: (value: unknown) => unknown): string[] {
  if (!Array.isArray(input)) throw badInput('attributes', `an array, got ${describe(input)}`);
  if (input.length > ATTRIBUTE_LIMITS.perDevice) {
    throw limitExceeded('attributes', `at most ${ATTRIBUTE_LIMITS.perDevice}, got ${input.length}`);
  }
  const seen = new Set<string>();
  return input.map((element: unknown, index) => {
    const path = `attributes[${index}]`;
    const attribute = parseObject(element, path, ATTRIBUTE_FIELDS);
    const name = parseAttributeName(attribute['name'], `${path}.name`);
    if (seen.has(name)) throw badInput(`${path}.name`, `"${name}" stands twice in this record`);
    seen.add(name);
    const value = toJson(parseAttributeValue(cleanValue(attribute['value'], clean), `${path}.value`));
    const description = parseDescription(attribute['description'], `${path}.description`);
    return `{"name":${JSON.stringify(name)},"value":${value},"scope":"${scope}"${description}}`;
  });
}

function cleanValue(value: unknown, clean: (value: unknown) => unknown): unknown {
  return Array.isArray(value) ? value.map(clean) : clean(value);
}

/** Absent keeps what there is, null clears it, as in the API. */
function parseDescription(input: unknown, field: string): string {
  if (input === undefined) return '';
  const text = input === null ? null : parseTextOfBytes(input, field, ATTRIBUTE_LIMITS.descriptionBytes);
  return `,"description":${JSON.stringify(text)}`;
}

function toJson(value: AttributeValue): string {
  if (typeof value === 'object') return `[${value.map((element: string | number) => toJson(element)).join()}]`;
  // JSON.stringify writes 1e20 as an integer of 21 digits, and the server takes none that long: it might be rounded.
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) return Number(value).toExponential();
  return JSON.stringify(value);
}
