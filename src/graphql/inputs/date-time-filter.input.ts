import { InputType } from 'type-graphql';
import { TIME_OPERATORS } from '../../search/operators.js';
import { addOperatorFields } from './operator-fields.js';

@InputType({
  description: [
    'Tests a time. All operators given must hold; at least one is needed, and null for one is BAD_USER_INPUT. since is',
    'inclusive, until exclusive; withinLast and olderThan count back from the start of the operation, and from that of the',
    'first page on the pages after it. A device without the time meets none of the four:',
    '`not: {lastSeen: {withinLast: "P7D"}}` is "not seen for a week, or never". Times compare to the millisecond.',
  ].join('\n'),
})
export class DateTimeFilter {}

addOperatorFields(DateTimeFilter, TIME_OPERATORS);
