#!/usr/bin/env node
// node scripts/platform-contract.mjs [DESCRIPTION]: makes test/platform/contract.json of the API's description: for the
// operations that we use, what may be asked and answered. Facts alone: names and types, no text of the description.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parse } from 'yaml';
import { findDescription, PUBLISHED } from './platform-description.mjs';

const project = resolve(dirname(fileURLToPath(import.meta.url)), '..');

export const CONTRACT = join(project, 'test', 'platform', 'contract.json');

/** The operations that we use. */
const OPERATIONS = [
  'Info',
  'UserInfo',
  'ListWorkspacesUser',
  'ListPipelineSecrets',
  'CreatePipelineSecret',
  'ValidatePipelineSecretName',
  'DescribePipelineSecret',
  'UpdatePipelineSecret',
  'DeletePipelineSecret',
  'ListComputeEnvs',
  'ListPipelines',
  'DescribePipelineLaunch',
  'CreateWorkflowLaunch',
  'ListWorkflows',
  'DescribeWorkflow',
  'DescribeWorkflowProgress',
  'GetWorkflowLog',
  'CancelWorkflow',
];

/** Parts of answers of which we read nothing: they may be anything. */
const UNREAD = new Set([
  'Analytics',
  'ComputeConfig',
  'ComputeEnvResources',
  'ComputePlatformDto',
  'JobInfoDto',
  'LabelDbDto',
  'NavbarConfig',
  'PipelineMinInfoResponse',
  'PipelineOptimizationStatus',
  'PipelineVersionFullInfoDto',
  'ProcessLoad',
  'SchedConfig',
  'WaveBuildNotification',
  'WfFusionMeta',
  'WfManifest',
  'WfNextflow',
  'WfStats',
  'WfWaveMeta',
]);

/** Where the description is wrong: an iterator of Java is a list in JSON. */
const MENDED = { Iterator_String_: { type: 'array', items: { type: 'string' } } };

/** Words of a schema that say what is valid. */
const KEPT = [
  '$ref',
  'type',
  'format',
  'enum',
  'nullable',
  'items',
  'properties',
  'required',
  'additionalProperties',
  'allOf',
  'oneOf',
  'pattern',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
];

/**
 * Makes the table.
 *
 * @param {string} path of the description
 */
export function contractOf(path) {
  const description = parse(readFileSync(path, 'utf8'));
  /** @type {Record<string, object>} */
  const schemas = {};
  const known = description.components.schemas;

  /** @param {any} schema @returns {any} */
  const plain = (schema) => {
    if (schema === null || typeof schema !== 'object') return schema;
    if (Array.isArray(schema)) return schema.map(plain);
    /** @type {Record<string, unknown>} */
    const kept = {};
    for (const key of KEPT) {
      if (!(key in schema)) continue;
      const value = schema[key];
      if (key === '$ref') kept[key] = reference(value);
      else if (key === 'properties')
        kept[key] = Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]));
      else kept[key] = ['enum', 'required'].includes(key) ? value : plain(value);
    }
    return kept;
  };

  /** @param {string} target */
  const reference = (target) => {
    const name = target.replace('#/components/schemas/', '');
    if (!(name in schemas)) {
      schemas[name] = {};
      const mended = MENDED[/** @type {keyof typeof MENDED} */ (name)];
      if (!UNREAD.has(name)) schemas[name] = mended ?? plain(known[name]);
    }
    return `#/schemas/${name}`;
  };

  /** @param {any} content */
  const body = (content) => {
    const schema = content?.['application/json']?.schema;
    return schema === undefined ? null : plain(schema);
  };

  const operations = Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(/** @type {Record<string, any>} */ (methods))
      .filter(([, operation]) => OPERATIONS.includes(operation.operationId))
      .map(([method, operation]) => ({
        id: operation.operationId,
        method: method.toUpperCase(),
        path,
        needsToken: operation.security !== undefined,
        parameters: (operation.parameters ?? []).map((/** @type {any} */ one) => ({
          name: one.name,
          in: one.in,
          required: one.required === true,
          schema: plain(one.schema),
        })),
        request: body(operation.requestBody?.content),
        answers: Object.fromEntries(
          Object.entries(operation.responses).map(([status, answer]) => [status, body(answer.content)]),
        ),
      })),
  );
  const missing = OPERATIONS.filter((id) => !operations.some((one) => one.id === id));
  if (missing.length > 0) throw new Error(`${path} has no operation ${missing.join(', ')}`);
  const sorted = Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1)));
  return {
    title: description.info.title,
    version: description.info.version,
    operations: operations.sort((a, b) => OPERATIONS.indexOf(a.id) - OPERATIONS.indexOf(b.id)),
    schemas: sorted,
  };
}

/**
 * Writes the table with a line for each operation and schema.
 *
 * @param {ReturnType<typeof contractOf>} contract
 */
export function textOf({ operations, schemas, ...rest }) {
  const lines = operations.map((one) => JSON.stringify(one)).join(',\n');
  const named = Object.entries(schemas).map(
    ([name, one]) => `${JSON.stringify(name)}:${JSON.stringify(one)}`,
  );
  return `${JSON.stringify(rest).slice(0, -1)},"operations":[\n${lines}\n],"schemas":{\n${named.join(',\n')}\n}}\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const path = process.argv[2] ?? findDescription();
  if (path === undefined) {
    console.error(`Where is the description? Seqera publishes it: ${PUBLISHED}`);
    process.exit(66);
  }
  writeFileSync(CONTRACT, textOf(contractOf(path)));
}
