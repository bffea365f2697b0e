import type { GbnfJsonSchema } from 'node-llama-cpp';

type JsonObject = Readonly<Record<string, unknown>>;
type Primitive = string | number | boolean | null;

const BASIC_TYPES = ['string', 'number', 'integer', 'boolean', 'null'];
const STRING_FORMATS = ['date-time', 'time', 'date'];

/**
 * Reduces a JSON Schema to the part that llama.cpp grammars can hold a model to. What has no
 * counterpart (`pattern`, `minimum`, `if`, …) is left out: it widens what the model may say and
 * never forbids what the schema allows. Optional properties become required by the grammar.
 */
export function toGbnfSchema(schema: unknown): GbnfJsonSchema {
  const object = isObject(schema) ? schema : {};
  return convert(object, definitionsOf(object), 0) as GbnfJsonSchema;
}

/** Deep enough for real schemas; a recursive one is cut here to any JSON value. */
const MAX_DEPTH = 16;
const ANY_VALUE = { type: ['string', 'number', 'boolean', 'null'] };

function convert(schema: JsonObject, definitions: JsonObject, depth: number): JsonObject {
  if (depth > MAX_DEPTH) return ANY_VALUE;
  const inner = (part: unknown) => convert(isObject(part) ? part : {}, definitions, depth + 1);
  const reference = schema['$ref'];
  if (typeof reference === 'string') return inner(definitions[reference.replace(/^#\/(?:\$defs|definitions)\//, '')]);
  const description = typeof schema['description'] === 'string' ? { description: schema['description'] } : {};
  if (schema['const'] !== undefined) return { const: schema['const'], ...description };
  if (Array.isArray(schema['enum'])) return { enum: schema['enum'].filter(isPrimitive), ...description };
  const choices = schema['oneOf'] ?? schema['anyOf'];
  if (Array.isArray(choices) && choices.length > 0) return { oneOf: choices.map(inner), ...description };
  if (Array.isArray(schema['allOf'])) return inner(mergeAll(schema, schema['allOf']));

  const type = schema['type'] ?? (isObject(schema['properties']) ? 'object' : undefined);
  if (type === 'object') return { ...convertObject(schema, inner), ...description };
  if (type === 'array') return { ...convertArray(schema, inner), ...description };
  if (type === 'string') return { ...convertString(schema), ...description };
  if (typeof type === 'string' && BASIC_TYPES.includes(type)) return { type, ...description };
  if (Array.isArray(type)) return convertTypeList(schema, type, inner);
  return { ...ANY_VALUE, ...description };
}

function convertObject(schema: JsonObject, inner: (part: unknown) => JsonObject): JsonObject {
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  const converted = Object.fromEntries(Object.entries(properties).map(([name, part]) => [name, inner(part)]));
  const additional = schema['additionalProperties'];
  const isOpen = additional === true || isObject(additional) || (additional === undefined && Object.keys(converted).length === 0);
  return { type: 'object', properties: converted, ...(isOpen ? { additionalProperties: isObject(additional) ? inner(additional) : true } : {}) };
}

function convertArray(schema: JsonObject, inner: (part: unknown) => JsonObject): JsonObject {
  const prefixItems = schema['prefixItems'];
  return {
    type: 'array',
    ...(isObject(schema['items']) ? { items: inner(schema['items']) } : {}),
    ...(Array.isArray(prefixItems) ? { prefixItems: prefixItems.map(inner) } : {}),
    ...pickCounts(schema, ['minItems', 'maxItems']),
  };
}

function convertString(schema: JsonObject): JsonObject {
  const format = schema['format'];
  if (typeof format === 'string' && STRING_FORMATS.includes(format)) return { type: 'string', format };
  return { type: 'string', ...pickCounts(schema, ['minLength', 'maxLength']) };
}

function convertTypeList(schema: JsonObject, types: readonly unknown[], inner: (part: unknown) => JsonObject): JsonObject {
  if (types.every((type) => typeof type === 'string' && BASIC_TYPES.includes(type))) return { type: types };
  return { oneOf: types.map((type) => inner({ ...schema, type })) };
}

function mergeAll(schema: JsonObject, parts: readonly unknown[]): JsonObject {
  const { allOf: _, ...own } = schema;
  const objects = [own as JsonObject, ...parts.filter(isObject)];
  const properties = Object.assign({}, ...objects.map((part) => part['properties'] ?? {})) as JsonObject;
  return { ...Object.assign({}, ...objects), properties } as JsonObject;
}

function pickCounts(schema: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(keys.flatMap((key) => (typeof schema[key] === 'number' ? [[key, schema[key]]] : [])));
}

function definitionsOf(schema: JsonObject): JsonObject {
  const parts = [schema['$defs'], schema['definitions']].filter(isObject);
  return Object.assign({}, ...parts) as JsonObject;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isPrimitive(value: unknown): value is Primitive {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
