import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { CONTRACT, contractOf, textOf } from '../../scripts/platform-contract.mjs';
import { findDescription, PUBLISHED } from '../../scripts/platform-description.mjs';
import { answerProblems, type Asked, requestProblems } from './contract.ts';

const HEADERS = { authorization: 'Bearer fake-token', 'accept-version': '1' };
const asked = (method: string, url: string, body?: object): Asked => ({
  ...{ method, url, body: body === undefined ? '' : JSON.stringify(body) },
  headers: { ...HEADERS, ...(body !== undefined && { 'content-type': 'application/json' }) },
});

describe('the table of what the API of Seqera Platform takes and gives', () => {
  it('is what its description says @description', () => {
    const description = findDescription();
    assert.ok(description !== undefined, `Take the description from ${PUBLISHED}`);
    const made = textOf(contractOf(description));
    assert.equal(made, readFileSync(CONTRACT, 'utf8'), 'Run: node scripts/platform-contract.mjs');
  });

  it('finds requests that are not as described', () => {
    assert.deepEqual(requestProblems(asked('GET', '/pipeline-secrets?workspaceId=9007199254740993')), []);
    const body = { name: 'KEY', value: 'fake-value' };
    assert.deepEqual(requestProblems(asked('POST', '/pipeline-secrets', body)), []);
    const wrong: readonly (readonly [Asked, RegExp])[] = [
      [asked('GET', '/pipeline-secrets?workspace=1'), /no parameter workspace/],
      [asked('GET', '/pipeline-secrets?workspaceId=mine'), /workspaceId is no number/],
      [asked('PUT', '/pipeline-secrets/12', { ...body }), /additional properties/],
      [asked('POST', '/pipeline-secrets', { name: 1 }), /should be string/],
      [asked('POST', '/pipeline-secrets'), /its body is undefined/],
      [asked('GET', '/secrets'), /no such operation/],
      [{ ...asked('GET', '/user-info'), headers: { 'accept-version': '1' } }, /no token/],
      [{ ...asked('GET', '/user-info'), headers: { authorization: 'Bearer x' } }, /no Accept-Version/],
      [asked('GET', '/service-info'), /a token for nothing/],
    ];
    for (const [request, expected] of wrong) assert.match(requestProblems(request).join(), expected);
  });

  it('finds answers that are not as described', () => {
    const list = asked('GET', '/pipeline-secrets');
    const headers = { 'Content-Type': 'application/json' };
    const answer = (body: object): string[] =>
      answerProblems(list, { status: 200, headers, body: JSON.stringify(body) });
    assert.deepEqual(answer({ pipelineSecrets: [{ name: 'KEY', id: 12 }], totalSize: 1 }), []);
    assert.match(answer({ pipelineSecrets: [{ id: 12 }] }).join(), /required property 'name'/);
    assert.match(answer({ pipelineSecrets: [{ name: 'K', id: '1' }] }).join(), /should match pattern/);
    assert.match(answer({ secrets: [] }).join(), /additional properties/);
    assert.deepEqual(answerProblems(list, { status: 403, headers: {}, body: '' }), []);
    assert.match(answerProblems(list, { status: 403, headers, body: '' }).join(), /has no body/);
    assert.match(answerProblems(list, { status: 404, headers: {}, body: '' }).join(), /never answers 404/);
  });
});
