import {
  Route,
  errorCodes,
  routes,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { z } from 'zod';

type JsonSchema = Record<string, unknown>;

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
  });
  return rest;
}

function parametersOf(
  schema: z.ZodObject | undefined,
  place: 'path' | 'query',
): JsonSchema[] {
  if (!schema) return [];
  return Object.entries(schema.shape).map(([name, field]) => ({
    name,
    in: place,
    required: place === 'path' || !z.safeParse(field, undefined).success,
    schema: schemaOf(field as z.ZodType, 'input'),
  }));
}

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'Makes sending again safe: the same key and body get the first answer.',
  schema: { type: 'string', minLength: 1, maxLength: 200 },
};

function operationOf(name: string, route: Route): JsonSchema {
  return {
    operationId: name,
    summary: route.summary,
    parameters: [
      ...parametersOf(route.params, 'path'),
      ...parametersOf(route.query, 'query'),
      ...(route.idempotent ? [idempotencyKey] : []),
    ],
    ...(route.body && {
      requestBody: {
        required: true,
        content: {
          'application/json': { schema: schemaOf(route.body, 'input') },
        },
      },
    }),
    responses: {
      [route.status]: {
        description: 'Done',
        content: {
          ...(route.produces?.includes('text/event-stream')
            ? {}
            : {
                'application/json': {
                  schema: schemaOf(route.response, 'output'),
                },
              }),
          ...Object.fromEntries(
            (route.produces ?? []).map(type => [
              type,
              { schema: { type: 'string' } },
            ]),
          ),
        },
      },
      default: { $ref: '#/components/responses/Error' },
    },
  };
}

const error = {
  description: 'Refused, or failed',
  content: {
    'application/json': {
      schema: {
        type: 'object',
        required: ['error', 'requestId', 'response'],
        properties: {
          error: {
            type: 'object',
            required: ['name', 'message', 'code'],
            properties: {
              name: { type: 'string' },
              message: { type: 'string' },
              code: { enum: Object.keys(errorCodes) },
              details: { type: 'object' },
            },
          },
          request: {
            type: 'object',
            properties: { method: { type: 'string' }, url: { type: 'string' } },
          },
          requestId: { type: 'string' },
          response: {
            type: 'object',
            properties: { statusCode: { type: 'integer' } },
          },
        },
      },
    },
  },
};

/** The OpenAPI 3.1 document of the public API, made from the route table. */
export function openapiDocument(): JsonSchema {
  const paths: Record<string, JsonSchema> = {};
  for (const [name, route] of Object.entries<Route>(routes)) {
    const path = route.path.replace(/:([a-zA-Z]+)/g, '{$1}');
    paths[path] = {
      ...paths[path],
      [route.method.toLowerCase()]: operationOf(name, route),
    };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'migrate-hub',
      version: '1',
      description:
        'Tracks, approves and executes SQL migrations across Postgres and MySQL databases.',
    },
    servers: [{ url: '/api/migrate-hub/v1' }],
    security: [{ backstage: [] }],
    paths,
    components: {
      securitySchemes: { backstage: { type: 'http', scheme: 'bearer' } },
      responses: { Error: error },
    },
  };
}
