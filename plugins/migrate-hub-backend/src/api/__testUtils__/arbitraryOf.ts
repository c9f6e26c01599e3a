import fc, { Arbitrary } from 'fast-check';
import { z } from 'zod';

/** The part of JSON Schema that the contract's inputs come to. */
interface JsonSchema {
  type?: string;
  const?: unknown;
  enum?: unknown[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  minItems?: number;
  maxItems?: number;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  pattern?: string;
  format?: string;
}

/** Values for a field by its name, where any that fits the schema would say little. */
export type Known = (field: string) => Arbitrary<unknown> | undefined;

const LONGEST = 40;

/**
 * Values that fit a schema of the contract as far as JSON Schema can say it:
 * what a `refine` adds is broken now and then, which is a request worth sending.
 */
export function arbitraryOf(
  schema: z.ZodType,
  known: Known,
): Arbitrary<unknown> {
  const described = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
  });
  return fromJsonSchema(described as JsonSchema, '', known);
}

function fromJsonSchema(
  schema: JsonSchema,
  field: string,
  known: Known,
): Arbitrary<unknown> {
  const own = known(field);
  if (own && schema.type !== 'array') return own;
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) {
    return fc.oneof(
      ...choices.map(choice => fromJsonSchema(choice, field, known)),
    );
  }
  switch (schema.type) {
    case 'object':
      return objectOf(schema, known);
    case 'array':
      return fc.array(fromJsonSchema(schema.items ?? {}, field, known), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems ?? 3, 3),
      });
    case 'integer':
      return integerOf(schema);
    case 'number':
      return fc.oneof(integerOf(schema), fc.constant(0.5));
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'string':
      return stringOf(schema);
    default:
      return fc.jsonValue({ maxDepth: 1 });
  }
}

function objectOf(schema: JsonSchema, known: Known): Arbitrary<unknown> {
  const fields = Object.entries(schema.properties ?? {}).map(
    ([name, inner]) => [name, fromJsonSchema(inner, name, known)] as const,
  );
  return fc.record(Object.fromEntries(fields), {
    requiredKeys: schema.required ?? [],
    noNullPrototype: true,
  });
}

function integerOf({ minimum, exclusiveMinimum, maximum }: JsonSchema) {
  const min = Math.max(minimum ?? exclusiveMinimum ?? -5, -(2 ** 31));
  const max = Math.min(maximum ?? 5, min + 10_000);
  return fc.oneof(fc.integer({ min, max }), fc.constantFrom(min, max));
}

function stringOf(schema: JsonSchema): Arbitrary<string> {
  if (schema.format === 'date-time') {
    return fc
      .date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) })
      .map(date => date.toISOString());
  }
  if (schema.format === 'email') return fc.emailAddress();
  if (schema.format === 'guid' || schema.format === 'uuid') return fc.uuid();
  if (schema.pattern) return fc.stringMatching(new RegExp(schema.pattern));
  const minLength = schema.minLength ?? 0;
  return fc.string({
    unit: fc.oneof(
      { weight: 20, arbitrary: fc.string({ minLength: 1, maxLength: 1 }) },
      fc.constantFrom(
        'é',
        '漢',
        '😀',
        "'",
        '"',
        '\\',
        '%',
        '_',
        '\n',
        '\u202e',
      ),
    ),
    minLength,
    maxLength: Math.max(
      minLength,
      Math.min(schema.maxLength ?? LONGEST, LONGEST),
    ),
  });
}
