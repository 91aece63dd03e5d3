/**
 * Writes what is made from the code: `schema.graphql`, and the tables between `<!-- generated: NAME -->` and
 * `<!-- /generated -->` in the documents. With --check it writes nothing, compares, and fails with the cure.
 *
 *   node scripts/generate.mjs schema [--check]
 *   node scripts/generate.mjs docs [--check]
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const root = path.dirname(import.meta.dirname);
// Everything is loaded with require: the ES modules of graphql are another copy, whose types ours would not be.
const require = createRequire(import.meta.url);

const OPENING = '<!-- generated: ';
const CLOSING = '<!-- /generated -->';

const [what, ...options] = process.argv.slice(2);
const isCheck = options.includes('--check');
const makers = { schema: generateSchema, docs: generateDocs };
if (!Object.hasOwn(makers, what ?? '') || options.some((option) => option !== '--check')) {
  console.error('usage: node scripts/generate.mjs schema|docs [--check]');
  process.exit(2);
}
execFileSync(process.execPath, [path.join(root, 'scripts', 'build.mjs')], { stdio: ['ignore', 'ignore', 'inherit'] });
const faults = await makers[what]();
for (const fault of faults) console.error(fault);
process.exitCode = faults.length > 0 ? 1 : 0;

async function generateSchema() {
  const { lexicographicSortSchema, printSchema } = require('graphql');
  require('reflect-metadata');
  const { buildFleetSchema } = fromBuild('graphql/schema.js');
  const schema = await buildFleetSchema();
  const header = [
    '# The public API of fleetgraph. Generated from the code by "npm run gen:schema": do not edit.',
    '# The descriptions are the manual.',
  ];
  const text = `${header.join('\n')}\n\n${printSchema(lexicographicSortSchema(schema))}\n`.replaceAll('\r\n', '\n');
  const undescribed = elementsWithoutDescription(schema);
  return [
    ...writeOrCompare('schema.graphql', text),
    ...(undescribed.length === 0
      ? []
      : [
          `without a description in the schema, which is the manual:\n${undescribed.map((one) => `  ${one}`).join('\n')}`,
        ]),
  ];
}

/** Types, fields, arguments, input fields, enum values and directives of our own that lack a description. */
function elementsWithoutDescription(schema) {
  const { isEnumType, isIntrospectionType, isSpecifiedDirective, isSpecifiedScalarType } = require('graphql');
  const elements = [];
  const add = (name, { description }) => elements.push({ name, description });
  const addArguments = (name, { args = [] }) => args.forEach((one) => add(`${name}(${one.name}:)`, one));
  for (const type of Object.values(schema.getTypeMap())) {
    if (isIntrospectionType(type) || isSpecifiedScalarType(type)) continue;
    // The root types are named by the specification; there is nothing to say about them as such.
    if (type !== schema.getQueryType() && type !== schema.getMutationType()) add(type.name, type);
    if (isEnumType(type)) type.getValues().forEach((value) => add(`${type.name}.${value.name}`, value));
    for (const field of Object.values(type.getFields?.() ?? {})) {
      add(`${type.name}.${field.name}`, field);
      addArguments(`${type.name}.${field.name}`, field);
    }
  }
  for (const directive of schema.getDirectives()) {
    if (isSpecifiedDirective(directive)) continue;
    add(`@${directive.name}`, directive);
    addArguments(`@${directive.name}`, directive);
  }
  return elements.filter(({ description }) => (description ?? '').trim() === '').map(({ name }) => name);
}

async function generateDocs() {
  const prettier = require('prettier');
  const found = [];
  for (const [file, parts] of Object.entries(documentParts())) {
    const location = path.join(root, file);
    if (!existsSync(location)) {
      found.push(`${file} is missing; it needs the marker(s) ${Object.keys(parts).map(opening).join(' ')}`);
      continue;
    }
    let text = readFileSync(location, 'utf8');
    for (const [name, content] of Object.entries(parts)) {
      const start = text.indexOf(opening(name));
      const end = text.indexOf(CLOSING, start);
      const isOpen = start >= 0 && end >= 0 && !text.slice(start + 1, end).includes(OPENING);
      if (!isOpen) {
        found.push(`${file} needs a line ${opening(name)} and after it a line ${CLOSING}`);
        continue;
      }
      text = `${text.slice(0, start)}${opening(name)}\n\n${content}\n\n${text.slice(end)}`;
    }
    // Formatted here, or check:format would ask for a change that this check refuses.
    const format = { ...(await prettier.resolveConfig(location)), parser: 'markdown' };
    found.push(...writeOrCompare(file, await prettier.format(text, format)));
  }
  return found;
}

/** For each document, its generated parts by the name in their marker. */
function documentParts() {
  const { SETTINGS } = fromBuild('config.js');
  const { ATTRIBUTE_OPERATORS, TEXT_OPERATORS, TIME_OPERATORS } = fromBuild('search/operators.js');
  return {
    'docs/configuration.md': {
      settings: table(
        ['Variable', 'Default', 'Meaning'],
        Object.entries(SETTINGS).map(([name, { fallback, summary }]) => [code(name), fallback, summary]),
      ),
    },
    'docs/filters.md': {
      'attribute-operators': operatorTable(ATTRIBUTE_OPERATORS),
      'text-operators': operatorTable(TEXT_OPERATORS),
      'time-operators': operatorTable(TIME_OPERATORS),
    },
  };
}

function operatorTable(operators) {
  return table(
    ['Operator', 'Operand', 'Holds if'],
    Object.entries(operators).map(([name, { operand, summary }]) => [code(name), code(operand), summary]),
  );
}

function code(text) {
  return `\`${text}\``;
}

function table(head, rows) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Writes the file if it differs; with --check only tells where it first differs, and the cure. */
function writeOrCompare(file, wanted) {
  const location = path.join(root, file);
  const present = existsSync(location) ? readFileSync(location, 'utf8') : '';
  if (present === wanted) return [];
  if (!isCheck) {
    writeFileSync(location, wanted);
    console.log(`wrote ${file}`);
    return [];
  }
  const [presentLines, wantedLines] = [present.split('\n'), wanted.split('\n')];
  const first = wantedLines.findIndex((line, index) => line !== presentLines[index]);
  const at = first < 0 ? wantedLines.length : first;
  const show = (sign, lines) => lines.slice(at, at + 3).map((one) => `  ${sign} ${one}`);
  return [
    [
      `${file} differs from the code, first at line ${at + 1} (- the file, + the code):`,
      ...show('-', presentLines),
      ...show('+', wantedLines),
      `run npm run gen:${what}`,
    ].join('\n'),
  ];
}

function fromBuild(file) {
  return require(path.join(root, 'dist', 'src', file));
}

function opening(name) {
  return `${OPENING}${name} -->`;
}
