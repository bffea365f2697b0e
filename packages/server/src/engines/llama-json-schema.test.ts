import { getLlama, LlamaLogLevel } from 'node-llama-cpp';
import { expect, it } from 'vitest';
import { toGbnfSchema } from './llama-json-schema.ts';

it.each<[string, unknown, unknown]>([
  ['keeps objects, lists and basic types', { type: 'object', properties: { a: { type: 'string' }, b: { type: 'array', items: { type: 'integer' }, minItems: 1 } } }, { type: 'object', properties: { a: { type: 'string' }, b: { type: 'array', items: { type: 'integer' }, minItems: 1 } } }],
  ['keeps enumerations, constants and descriptions', { enum: ['a', 2, null], description: 'd' }, { enum: ['a', 2, null], description: 'd' }],
  ['drops what a grammar cannot hold', { type: 'string', pattern: '^a', format: 'email', minLength: 2 }, { type: 'string', minLength: 2 }],
  ['drops bounds of numbers', { type: 'number', minimum: 0, multipleOf: 2 }, { type: 'number' }],
  ['turns anyOf into oneOf', { anyOf: [{ type: 'string' }, { type: 'null' }] }, { oneOf: [{ type: 'string' }, { type: 'null' }] }],
  ['merges allOf', { allOf: [{ type: 'object', properties: { a: { type: 'string' } } }, { properties: { b: { const: 1 } } }] }, { type: 'object', properties: { a: { type: 'string' }, b: { const: 1 } } }],
  ['follows references', { $defs: { x: { type: 'boolean' } }, type: 'object', properties: { a: { $ref: '#/$defs/x' } } }, { type: 'object', properties: { a: { type: 'boolean' } } }],
  ['splits a list of types', { type: ['object', 'null'], properties: {} }, { oneOf: [{ type: 'object', properties: {}, additionalProperties: true }, { type: 'null' }] }],
  ['keeps a list of basic types', { type: ['string', 'null'] }, { type: ['string', 'null'] }],
  ['opens an object without properties', { type: 'object' }, { type: 'object', properties: {}, additionalProperties: true }],
  ['takes an object for granted where there are properties', { properties: { a: { type: 'string' } } }, { type: 'object', properties: { a: { type: 'string' } } }],
  ['allows anything where nothing is said', {}, { type: ['string', 'number', 'boolean', 'null'] }],
  ['survives what is no schema', 'nonsense', { type: ['string', 'number', 'boolean', 'null'] }],
])('%s', (_, schema, converted) => {
  expect(toGbnfSchema(schema)).toEqual(converted);
});

it('cuts a schema that contains itself, and llama.cpp takes the result', async () => {
  const recursive = { $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } } } }, $ref: '#/$defs/node' };
  await using llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, progressLogs: false, logLevel: LlamaLogLevel.disabled });
  await expect(llama.createGrammarForJsonSchema(toGbnfSchema(recursive) as { type: 'object' })).resolves.toBeDefined();
});
