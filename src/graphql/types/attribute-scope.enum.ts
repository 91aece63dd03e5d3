import type { AttributeScope as AttributeScopeName } from '../../model/attribute-value.js';
import { stringEnum } from './string-enum.js';

export type AttributeScope = AttributeScopeName;
export const AttributeScope = stringEnum<AttributeScopeName>(
  'AttributeScope',
  [
    'Who owns an attribute: the device (INVENTORY, MONITOR), its identity, the server (SYSTEM) or people (TAGS).',
    'The same name may stand in several scopes. Where one value must be chosen, source `api` goes first, then the scopes in the',
    'order TAGS, INVENTORY, MONITOR, IDENTITY, SYSTEM.',
  ].join('\n'),
  {
    IDENTITY: 'What tells the device from others: a serial number, a MAC address.',
    INVENTORY:
      'What the device reports of itself: hardware, software, network. Used where no scope is given in a write.',
    MONITOR: 'What the device measures: load, temperature, alerts.',
    SYSTEM: 'What a server records about the device.',
    TAGS: 'What people note about the device.',
  },
);
