import {
  GraphQLError,
  Kind,
  parse,
  type DefinitionNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { AppError, limitExceeded } from '../errors.js';

/**
 * What one document may ask for, as it is set. The defaults are generous for people and generated clients, and far below
 * what makes the parser or the validation slow: both have steps whose time grows with the square of the document.
 */
export interface DocumentLimits {
  readonly tokens: number;
  /** Levels of fields. Three connections inside each other, written with edges and node, take 13. */
  readonly depth: number;
  readonly aliases: number;
  /** Fields of an operation itself: queries or changes in one request. */
  readonly rootFields: number;
  readonly directives: number;
}

/** What no setting changes: beyond it the parser's stack or the validation's time is in danger. */
export const DOCUMENT_LIMITS = {
  characters: 256 * 1024,
  /** Open brackets at one place; graphql-js runs out of stack somewhere above 1,000. */
  nesting: 500,
  definitions: 100,
  /** The introspection query of the usual tools has 15 levels. */
  introspectionDepth: 20,
  /** Fields and spreads of one definition, fragments counted where they are spread. */
  selections: 2_000,
  /** How often one selection set may name the same field; merging them takes quadratic time. */
  sameField: 20,
} as const;

/** Texts that passed are remembered up to this many characters, so that a repeated document costs one look-up. */
const REMEMBERED_CHARACTERS = 1_000_000;

/**
 * A check to run on each document before it is validated. It throws LIMIT_EXCEEDED, or GRAPHQL_PARSE_FAILED for
 * brackets nested beyond sense; a document with a syntax error passes, since whoever parses it reports that better.
 */
export function createDocumentGuard(limits: DocumentLimits): (text: string) => void {
  const passed = new Set<string>();
  let characters = 0;
  return (text) => {
    if (passed.has(text)) return;
    assertTextLimits(text);
    const document = parseQuietly(text, limits.tokens);
    if (document === undefined) return;
    assertDocumentLimits(document, limits);
    for (const oldest of passed) {
      if (characters + text.length <= REMEMBERED_CHARACTERS) break;
      passed.delete(oldest);
      characters -= oldest.length;
    }
    passed.add(text);
    characters += text.length;
  };
}

function parseQuietly(text: string, maxTokens: number): DocumentNode | undefined {
  try {
    return parse(text, { maxTokens, noLocation: true });
  } catch (fault) {
    if (fault instanceof GraphQLError) return undefined;
    throw fault;
  }
}

function assertTextLimits(text: string): void {
  if (text.length > DOCUMENT_LIMITS.characters) {
    throw limitExceeded('query', `at most ${DOCUMENT_LIMITS.characters} characters; send values as variables`);
  }
  if (deepestNesting(text) > DOCUMENT_LIMITS.nesting) {
    throw new AppError('GRAPHQL_PARSE_FAILED', `Syntax Error: brackets nested over ${DOCUMENT_LIMITS.nesting} levels.`);
  }
}

/** How many brackets are open at once, outside of strings and comments. Stops counting just above the limit. */
function deepestNesting(text: string): number {
  let open = 0;
  let deepest = 0;
  for (let at = 0; at < text.length && deepest <= DOCUMENT_LIMITS.nesting; at++) {
    const sign = text[at];
    if (sign === '{' || sign === '[' || sign === '(') {
      open++;
      deepest = Math.max(deepest, open);
    } else if (sign === '}' || sign === ']' || sign === ')') {
      open--;
    } else if (sign === '"') {
      at = endOfString(text, at);
    } else if (sign === '#') {
      while (at < text.length && text[at] !== '\n' && text[at] !== '\r') at++;
    }
  }
  return deepest;
}

/** Index of the last quote of the string that begins at `start`, or of the text's end if it is not closed. */
function endOfString(text: string, start: number): number {
  if (text.startsWith('"""', start)) {
    let end = text.indexOf('"""', start + 3);
    while (end !== -1 && text[end - 1] === '\\') end = text.indexOf('"""', end + 3);
    return end === -1 ? text.length : end + 2;
  }
  let at = start + 1;
  while (at < text.length && text[at] !== '"' && text[at] !== '\n') at += text[at] === '\\' ? 2 : 1;
  return at;
}

/** Throws LIMIT_EXCEEDED for a document that asks for too much. Unknown names and cycles are left to validation. */
function assertDocumentLimits(document: DocumentNode, limits: DocumentLimits): void {
  const { definitions } = document;
  if (definitions.length > DOCUMENT_LIMITS.definitions) {
    throw limitExceeded('query', `at most ${DOCUMENT_LIMITS.definitions} operations and fragments`);
  }
  const fragments = fragmentsByName(document);
  // Fragments are measured on their own too: validation visits them even if nothing spreads them.
  for (const definition of definitions) measure(definition, fragments, limits);
}

function measure(
  definition: DefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  limits: DocumentLimits,
): void {
  if (definition.kind !== Kind.OPERATION_DEFINITION && definition.kind !== Kind.FRAGMENT_DEFINITION) return;
  let selections = 0;
  let aliases = 0;
  let rootFields = 0;
  const isOperation = definition.kind === Kind.OPERATION_DEFINITION;
  let directives = definition.directives?.length ?? 0;
  const spreading = new Set<string>();

  const visitSet = (set: SelectionSetNode, depth: number, deepest: number): void => {
    const timesByName = new Map<string, number>();
    for (const selection of set.selections) {
      selections++;
      directives += selection.directives?.length ?? 0;
      if (selection.kind === Kind.FIELD) {
        if (selection.alias !== undefined) aliases++;
        if (isOperation && depth === 1) rootFields++;
        const name = (selection.alias ?? selection.name).value;
        timesByName.set(name, (timesByName.get(name) ?? 0) + 1);
        assertAtMost(timesByName.get(name) ?? 0, DOCUMENT_LIMITS.sameField, 'times the same field in one place');
      }
      assertAtMost(selections, DOCUMENT_LIMITS.selections, 'fields, fragments counted where they are spread');
      assertAtMost(aliases, limits.aliases, 'aliases');
      assertAtMost(rootFields, limits.rootFields, 'fields of the operation itself');
      assertAtMost(directives, limits.directives, 'directives');
      visit(selection, depth, deepest);
    }
  };

  const visit = (selection: SelectionNode, depth: number, deepest: number): void => {
    switch (selection.kind) {
      case Kind.FIELD: {
        const most =
          depth === 1 && selection.name.value.startsWith('__')
            ? Math.max(deepest, DOCUMENT_LIMITS.introspectionDepth)
            : deepest;
        assertAtMost(depth, most, 'levels of fields');
        if (selection.selectionSet) visitSet(selection.selectionSet, depth + 1, most);
        return;
      }
      case Kind.INLINE_FRAGMENT:
        visitSet(selection.selectionSet, depth, deepest);
        return;
      case Kind.FRAGMENT_SPREAD: {
        const fragment = fragments.get(selection.name.value);
        // A fragment inside itself is an error that validation names.
        if (fragment === undefined || spreading.has(fragment.name.value)) return;
        spreading.add(fragment.name.value);
        visitSet(fragment.selectionSet, depth, deepest);
        spreading.delete(fragment.name.value);
        return;
      }
    }
  };

  // A fragment alone may be one of introspection: where it is spread decides.
  visitSet(
    definition.selectionSet,
    1,
    isOperation ? limits.depth : Math.max(limits.depth, DOCUMENT_LIMITS.introspectionDepth),
  );
}

function assertAtMost(count: number, most: number, what: string): void {
  if (count > most) throw limitExceeded('query', `at most ${most} ${what}`);
}

/** The fragments of a document by name. */
export function fragmentsByName(document: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> {
  const fragments = document.definitions.filter((one) => one.kind === Kind.FRAGMENT_DEFINITION);
  return new Map(fragments.map((fragment) => [fragment.name.value, fragment]));
}
