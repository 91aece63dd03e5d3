/** Rules for what things are called. Source of the limits: semantics of the API, docs/attributes.md. */
import { badInput } from '../errors.js';
import { parseShortText, parseTextOfBytes } from './text.js';

const SERIAL_BYTES = 1_024;
const ATTRIBUTE_NAME_BYTES = 1_024;
const NAME_CHARACTERS = 256;

/** Serial of a device: 1 to 1,024 bytes, kept as given. */
export function parseDeviceSerial(input: unknown, field: string): string {
  return parseNonEmptyBytes(input, field, SERIAL_BYTES);
}

/** Name of an attribute: 1 to 1,024 bytes, kept as given, never folded. */
export function parseAttributeName(input: unknown, field: string): string {
  return parseNonEmptyBytes(input, field, ATTRIBUTE_NAME_BYTES);
}

function parseNonEmptyBytes(input: unknown, field: string, most: number): string {
  const text = parseTextOfBytes(input, field, most);
  if (text === '') throw badInput(field, `must have 1 to ${most} bytes, got none`);
  return text;
}

/** ownerRef, hardwareVersion, manufacturer, deviceCode, version, revision, names of cohorts and keys. */
export function parseName(input: unknown, field: string): string {
  return parseShortText(input, field, NAME_CHARACTERS);
}

export function isGroupName(text: string): boolean {
  return /^[A-Za-z0-9_-]{1,256}$/.test(text);
}

export function isSlug(text: string): boolean {
  return /^[a-z0-9][a-z0-9_-]{0,63}$/.test(text);
}

/** Mender's rule for names of groups. */
export function parseGroupName(input: unknown, field: string): string {
  const name = parseShortText(input, field, NAME_CHARACTERS);
  if (!isGroupName(name)) throw badInput(field, 'may only have the characters A-Z a-z 0-9 _ -');
  return name;
}

export function parseSlug(input: unknown, field: string): string {
  const slug = parseShortText(input, field, NAME_CHARACTERS);
  if (!isSlug(slug)) {
    throw badInput(field, 'must be 1 to 64 of a-z 0-9 _ -, beginning with a letter or digit');
  }
  return slug;
}

/** A slug for a name: "Früh & Co" becomes "fruh-co". Throws BAD_USER_INPUT if no letter or digit is left. */
export function toSlug(name: string, field: string): string {
  const slug = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 64)
    .replace(/^-+|-+$/g, '');
  if (slug === '') throw badInput(field, 'no slug can be made of this name; give one');
  return slug;
}
