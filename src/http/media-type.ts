const JSON_TYPE = 'application/json';
const RESPONSE_TYPE = 'application/graphql-response+json';

/**
 * The media type of an answer for an Accept header; undefined if the client takes neither of ours.
 *
 * The newer type wins a tie where it is named, because clients then read the body of a 400 or 401 and not its status
 * alone. Who names nothing gets plain JSON, as ever.
 */
export function chooseMediaType(accept: string | undefined): string | undefined {
  if (accept === undefined || accept.trim() === '') return JSON_TYPE;
  const ranges = accept.split(',').map(parseRange);
  const json = qualityOf(JSON_TYPE, ranges);
  const response = qualityOf(RESPONSE_TYPE, ranges);
  if (json === 0 && response === 0) return undefined;
  const isNamed = ranges.some((range) => range.type === RESPONSE_TYPE);
  return response > json || (response === json && isNamed) ? RESPONSE_TYPE : JSON_TYPE;
}

interface MediaRange {
  readonly type: string;
  readonly quality: number;
}

function parseRange(text: string): MediaRange {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith('q='));
  const quality = weight === undefined ? 1 : Number(weight.slice(2));
  return { type, quality: quality >= 0 && quality <= 1 ? quality : 0 };
}

/** The most exact range that covers the type decides. */
function qualityOf(type: string, ranges: readonly MediaRange[]): number {
  for (const pattern of [type, 'application/*', '*/*']) {
    const range = ranges.find((one) => one.type === pattern);
    if (range !== undefined) return range.quality;
  }
  return 0;
}
