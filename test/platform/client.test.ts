import assert from 'node:assert/strict';
import { PlatformClient } from '../../src/core/platform/client.ts';
import { endpointOf } from '../../src/core/platform/endpoint.ts';
import { PlatformError, type PlatformErrorCode } from '../../src/core/platform/platform-error.ts';
import { platformSecrets } from '../../src/core/platform/secrets.ts';
import { httpTransport } from '../../src/core/platform/transport.ts';
import { contextOf, hasEnded, OWN_CONTEXT, type PlatformContext } from '../../src/core/platform/types.ts';
import { SecretValue } from '../../src/core/secrets/secret-value.ts';
import { NASTY_VALUES } from '../fixtures/nasty-values.ts';
import { PlatformStandIn } from './stand-in.ts';
import type { StandInUser, StandInWorkspace } from './stand-in-state.ts';

const VALUE = 'fake-value-of-no-service';
const value = (text = VALUE): SecretValue => new SecretValue(text);

describe('the client of Seqera Platform', () => {
  let platform: PlatformStandIn;
  let alice: StandInUser;
  let workspace: StandInWorkspace;
  let client: PlatformClient;
  let context: PlatformContext;
  const clients: PlatformClient[] = [];
  before(async () => {
    platform = await PlatformStandIn.start();
  });
  after(async () => {
    await platform.stop();
  });
  beforeEach(async () => {
    platform.reset();
    alice = platform.state.addUser('alice');
    workspace = platform.state.addWorkspace('fake-lab/rnaseq', [[alice, 'maintain']]);
    client = open();
    context = await contextNamed('rnaseq');
  });
  afterEach(() => {
    for (const one of clients.splice(0)) one.close();
  });

  function open(token = alice.token, timeout = 10_000): PlatformClient {
    const transport = httpTransport({ timeout, maxBytes: 100_000 });
    const opened = new PlatformClient(
      endpointOf(platform.url),
      token === undefined ? undefined : value(token),
      {
        ...{ transport, pauses: [1, 1, 1] },
      },
    );
    clients.push(opened);
    return opened;
  }

  async function contextNamed(name: string): Promise<PlatformContext> {
    const { workspaces } = await client.membership((await client.userInfo()).id);
    const found = workspaces.find((one) => one.name === name);
    assert.ok(found !== undefined);
    return contextOf(found);
  }

  async function failsWith(code: PlatformErrorCode, work: Promise<unknown>, words?: RegExp): Promise<void> {
    await assert.rejects(work, (error) => {
      assert.ok(error instanceof PlatformError, String(error));
      assert.equal(error.code, code, error.message);
      const said = [error.message, ...error.remedies.map(String)].join('\n');
      if (words !== undefined) assert.match(said, words);
      assert.ok(!said.includes(VALUE));
      return true;
    });
  }

  it('sends no token to find out what answers', async () => {
    const info = await open(undefined).serviceInfo();
    assert.equal(info.version, '25.3.0');
    assert.equal(info.hasPersonalWorkspace, true);
    assert.deepEqual(
      platform.requests.filter(({ operation }) => operation === 'Info').map(({ hasToken }) => hasToken),
      [false],
    );
  });

  it('keeps ids of any size, and lists what a person sees', async () => {
    platform.state.addOrganisation('fake-empty', [alice]);
    platform.state.addWorkspace('fake-lab/showcase', [], 'SHARED');
    const user = await client.userInfo();
    assert.equal(user.id, String(alice.id));
    assert.ok(BigInt(user.id) > Number.MAX_SAFE_INTEGER);
    const { organisations, workspaces } = await client.membership(user.id);
    assert.deepEqual(
      organisations.map(({ name }) => name),
      ['fake-lab', 'fake-empty'],
    );
    assert.deepEqual(
      workspaces.map(({ orgName, name, visibility, roles }) => [orgName, name, visibility, ...roles]),
      [
        ['fake-lab', 'rnaseq', 'PRIVATE', 'maintain'],
        ['fake-lab', 'showcase', 'SHARED'],
      ],
    );
    assert.equal(workspaces[0]?.id, String(workspace.id));
  });

  it('creates, changes, lists and deletes secrets, with values of any characters', async () => {
    const store = platformSecrets(client, context);
    for (const [index, text] of Object.values(NASTY_VALUES).entries()) {
      const done = await store.set(`KEY_${index}`, value(text), undefined);
      assert.deepEqual(done, { what: 'created', isObserved: false });
    }
    assert.deepEqual(
      platform.state.secretsOf(workspace).map((one) => one.value),
      Object.values(NASTY_VALUES),
    );
    const listed = await store.list();
    const key = listed.get('KEY_0');
    assert.ok(key !== undefined);
    assert.equal((await store.set('KEY_0', value(), key)).what, 'updated');
    assert.equal(platform.state.valuesOf(workspace)['KEY_0'], VALUE);
    await store.delete(key);
    assert.equal((await store.list()).has('KEY_0'), false);
    await platformSecrets(client, OWN_CONTEXT).set('OWN_KEY', value(), undefined);
    assert.deepEqual(platform.state.valuesOf(alice), { OWN_KEY: VALUE });
  });

  it('tells whether a name is free', async () => {
    platform.state.addSecret(workspace, 'TAKEN', VALUE);
    assert.equal(await client.secretName('TAKEN', context), 'taken');
    assert.equal(await client.secretName('FREE', context), 'free');
    assert.equal(await client.secretName('1x', context), 'invalid');
  });

  it('passes over fields and words that it does not know', async () => {
    platform.state.addSecret(workspace, 'KEY', VALUE);
    platform.fail({
      operation: 'ListPipelineSecrets',
      changed: ({ pipelineSecrets }) => ({
        pipelineSecrets: (pipelineSecrets as object[]).map((one) => ({
          ...one,
          ...{ scope: 'NEW', owner: { id: 1 } },
        })),
        hasMore: false,
      }),
    });
    assert.deepEqual(
      (await client.secrets(context)).map(({ name }) => name),
      ['KEY'],
    );
    const environment = platform.state.addComputeEnv('fake-batch', workspace);
    platform.fail({
      operation: 'ListComputeEnvs',
      changed: ({ computeEnvs }) => ({
        computeEnvs: (computeEnvs as object[]).map((one) => ({ ...one, status: 'RESTING' })),
      }),
    });
    const [found] = await client.computeEnvs(context);
    assert.deepEqual([found?.id, found?.status], [environment.id, 'RESTING']);
    assert.equal(hasEnded({ status: 'PAUSED' }), false);
  });

  describe('tells why it was refused', () => {
    it('a bad or expired token', async () => {
      await failsWith('signed-out', open('fake-wrong').userInfo());
      await failsWith('signed-out', open('fake-wrong').secrets(context));
      alice.token = undefined;
      await failsWith('signed-out', client.createSecret('KEY', value(), context));
    });

    it('a role that does not suffice, also one of the organisation', async () => {
      workspace.roles.set(alice.id, ['view']);
      await failsWith('not-allowed', client.createSecret('KEY', value(), context), /Your role there is view/);
      platform.state.customRoles.set('curator', ['pipeline_secrets:read', 'pipeline_secrets:write']);
      workspace.roles.set(alice.id, ['curator']);
      await client.createSecret('KEY', value(), context);
      const [key] = await client.secrets(context);
      assert.ok(key !== undefined);
      await failsWith('not-allowed', client.deleteSecret(key, context), /Your role there is curator/);
    });

    it('a workspace that the person does not see any more', async () => {
      workspace.roles.delete(alice.id);
      await failsWith('workspace-gone', client.secrets(context), /fake-lab\/rnaseq/);
    });

    it('no personal workspaces', async () => {
      platform.state.hasPersonalWorkspace = false;
      await failsWith('personal-off', client.secrets(OWN_CONTEXT));
    });

    it('a function that is not there', async () => {
      platform.fail({ operation: 'ListPipelineSecrets', answer: { status: 404, body: 'not found' } });
      await failsWith('not-offered', client.secrets(context));
    });

    it('a name that exists, made meanwhile by somebody else', async () => {
      platform.state.addSecret(workspace, 'KEY', 'fake-value-of-bob');
      const store = platformSecrets(client, context);
      await failsWith('name-exists', store.set('KEY', value(), undefined));
      assert.equal(platform.state.valuesOf(workspace)['KEY'], 'fake-value-of-bob');
    });

    it('a server that is no Platform, one that sends elsewhere, one whose answer is endless', async () => {
      const html = { 'Content-Type': 'text/html' };
      platform.fail({ operation: 'Info', times: 1, answer: { status: 200, body: '<html>', headers: html } });
      await failsWith('not-a-platform', client.serviceInfo());
      platform.fail({ operation: 'Info', times: 1, answer: { status: 200, body: '{"ok":true}' } });
      await failsWith('not-a-platform', client.serviceInfo());
      platform.fail({ operation: 'Info', times: 1, answer: { status: 403, body: '<html>' } });
      await failsWith('not-a-platform', client.serviceInfo());
      const headers = { Location: 'https://elsewhere.example.org/user-info' };
      platform.fail({ operation: 'UserInfo', times: 1, answer: { status: 302, headers } });
      await failsWith('redirected', client.userInfo(), /elsewhere\.example\.org/);
      platform.fail({ operation: 'UserInfo', answer: { status: 200, body: ' '.repeat(200_000) } });
      await failsWith('not-a-platform', client.userInfo());
    });
  });

  describe('reads again', () => {
    it('if the Platform fails for a moment, or takes no more requests', async () => {
      platform.fail(
        { operation: 'UserInfo', times: 1, answer: { status: 503 } },
        { operation: 'UserInfo', times: 1, answer: { status: 429 } },
        { operation: 'UserInfo', times: 1, cut: 'before' },
      );
      assert.equal((await client.userInfo()).userName, 'alice');
    });

    it('but not for ever: the number of the failure is shown', async () => {
      const body = '{"message":"Unexpected error while processing - Error ID: fake1234"}';
      platform.fail({ operation: 'UserInfo', answer: { status: 500, body } });
      await failsWith('unavailable', client.userInfo(), /HTTP 500.*Error ID: fake1234/);
      assert.equal(platform.count('UserInfo'), 1 + 4);
    });

    it('and never faster than the Platform takes it', async () => {
      platform.limit = 20;
      await Promise.all(Array.from({ length: 30 }, async () => client.secrets(context)));
      assert.equal(platform.tooMany, 0);
    });

    it('with an end, if no answer comes', async () => {
      platform.fail({ operation: 'UserInfo', delay: 5_000 });
      await failsWith('unavailable', open(alice.token, 50).userInfo(), /no answer in time/);
    });

    it('nothing where nobody listens', async () => {
      const nobody = new PlatformClient(endpointOf('http://127.0.0.1:9'), value('fake-token'), {
        pauses: [1],
      });
      await failsWith('unavailable', nobody.userInfo(), /ECONNREFUSED/);
    });
  });

  describe('does nothing twice', () => {
    for (const cut of ['before', 'after'] as const) {
      it(`a creation whose answer is lost, ${cut} it was done`, async () => {
        platform.fail({ operation: 'CreatePipelineSecret', times: 1, cut });
        const done = platformSecrets(client, context).set('KEY', value(), undefined);
        if (cut === 'after') assert.deepEqual(await done, { what: 'created', isObserved: true });
        else await failsWith('answer-lost', done, /does not show the change/);
        assert.equal(platform.count('CreatePipelineSecret'), 1);
        assert.deepEqual(platform.state.valuesOf(workspace), cut === 'after' ? { KEY: VALUE } : {});
      });

      it(`a change whose answer is lost, ${cut} it was done`, async () => {
        platform.state.addSecret(workspace, 'KEY', 'fake-old');
        const store = platformSecrets(client, context);
        const key = (await store.list()).get('KEY');
        platform.fail({ operation: 'UpdatePipelineSecret', times: 1, cut });
        const done = store.set('KEY', value(), key);
        if (cut === 'after') assert.deepEqual(await done, { what: 'updated', isObserved: true });
        else await failsWith('answer-lost', done);
        assert.equal(platform.count('UpdatePipelineSecret'), 1);
      });

      it(`a deletion whose answer is lost, ${cut} it was done`, async () => {
        platform.state.addSecret(workspace, 'KEY', 'fake-old');
        const store = platformSecrets(client, context);
        const key = (await store.list()).get('KEY');
        assert.ok(key !== undefined);
        platform.fail({ operation: 'DeletePipelineSecret', times: 1, cut });
        const done = store.delete(key);
        if (cut === 'after') assert.deepEqual(await done, { what: 'deleted', isObserved: true });
        else await failsWith('answer-lost', done);
        assert.equal(platform.count('DeletePipelineSecret'), 1);
      });
    }

    it('a failure that did it all the same, and one that did not', async () => {
      const body = `{"message":"Unexpected error: ${VALUE} - Error ID: fake1234"}`;
      const store = platformSecrets(client, context);
      platform.fail({ operation: 'CreatePipelineSecret', times: 1, afterwards: { status: 500, body } });
      assert.equal((await store.set('KEY', value(), undefined)).isObserved, true);
      platform.fail({ operation: 'CreatePipelineSecret', times: 1, answer: { status: 500, body } });
      await failsWith('unavailable', store.set('OTHER', value(), undefined), /Error ID: fake1234/);
      assert.equal(platform.count('CreatePipelineSecret'), 2);
    });

    it('a creation after which the list is refused too', async () => {
      const store = platformSecrets(client, context);
      platform.fail({ operation: 'CreatePipelineSecret', cut: 'after' });
      platform.fail({ operation: 'ListPipelineSecrets', answer: { status: 500 } });
      await failsWith('answer-lost', store.set('KEY', value(), undefined), /may have done so or not/);
    });

    it('a launch, which is found again by the name of the run', async () => {
      const environment = platform.state.addComputeEnv('fake-batch', workspace);
      platform.fail({ operation: 'CreateWorkflowLaunch', times: 1, cut: 'after' });
      const launch = {
        ...{ computeEnvId: environment.id, pipeline: 'https://example.org/fake/rnaseq', runName: 'fake_run' },
        ...{ workDir: 's3://fake-bucket/work', userSecrets: [], workspaceSecrets: [] },
      };
      await failsWith('answer-lost', client.launch(launch, context));
      assert.equal(platform.count('CreateWorkflowLaunch'), 1);
      assert.deepEqual(
        (await client.runsNamed('fake_run', context)).map(({ id, status }) => [id, status]),
        [[platform.state.runs[0]?.id, 'SUBMITTED']],
      );
    });
  });

  it('lists pipelines in pages, and reads how one is launched', async () => {
    const shared = platform.state.addWorkspace('fake-lab/showcase', [], 'SHARED');
    for (let index = 0; index < 130; index += 1)
      platform.state.addPipeline(`fake-${index}`, 'https://example.org/fake', workspace);
    const saved = { userSecrets: ['A_KEY'], workspaceSecrets: ['B_KEY'], revision: 'main', pullLatest: true };
    platform.state.addPipeline('fake-shared', 'https://example.org/shared', shared, saved);
    const pipelines = await client.pipelines(context);
    assert.equal(pipelines.length, 131);
    assert.equal(platform.count('ListPipelines'), 2);
    const [found] = await client.pipelines(context, 'shared');
    assert.ok(found !== undefined);
    const { id, ...launch } = await client.savedLaunch(found, context);
    assert.equal(id, `launch${found.id}`);
    assert.deepEqual(launch, { ...saved, pipeline: 'https://example.org/shared', configProfiles: [] });
  });

  it('launches, watches, reads the log in parts, and cancels', async () => {
    const environment = platform.state.addComputeEnv('fake-batch', workspace);
    platform.state.addSecret(workspace, 'KEY', VALUE);
    const given: string[] = [];
    platform.state.logPage = 20;
    platform.state.onLaunch = (run, secrets) => {
      given.push(...secrets.workspace.keys());
      run.status = 'RUNNING';
      run.log.push('N E X T F L O W', 'executor > fake', 'done');
      run.tasks['running'] = 2;
    };
    const launch = {
      ...{ computeEnvId: environment.id, pipeline: 'https://example.org/fake/rnaseq', runName: 'fake_run' },
      ...{ workDir: 's3://fake-bucket/work', userSecrets: [], workspaceSecrets: ['KEY'] },
    };
    const id = await client.launch(launch, context);
    assert.deepEqual(given, ['KEY']);
    assert.equal((await client.run(id, context)).status, 'RUNNING');
    assert.equal((await client.progress(id, context)).running, 2);
    const first = await client.log(id, context);
    assert.deepEqual(first.entries, ['N E X T F L O W']);
    const second = await client.log(id, context, first.next ?? undefined);
    assert.deepEqual(second.entries, ['executor > fake', 'done']);
    await client.cancel(id, context);
    const run = await client.run(id, context);
    assert.equal(run.status, 'CANCELLED');
    assert.equal(hasEnded(run), true);
    const wrong = client.launch({ ...launch, computeEnvId: 'none', pipeline: '' }, context);
    await failsWith(
      'refused',
      wrong,
      /Launch not valid; The compute environment is not available; No pipeline/,
    );
  });
});

describe('the address of a Platform', () => {
  it('is taken as people write it', () => {
    const cases = {
      'https://api.cloud.seqera.io/': 'https://api.cloud.seqera.io',
      'api.cloud.seqera.io': 'https://api.cloud.seqera.io',
      'https://cloud.seqera.io/orgs/fake': 'https://api.cloud.seqera.io',
      'https://api.tower.nf': 'https://api.cloud.seqera.io',
      ' https://platform.example.org/api/\n': 'https://platform.example.org/api',
      'https://platform.example.org:8443/api': 'https://platform.example.org:8443/api',
      'http://localhost:8000/api': 'http://localhost:8000/api',
      'http://127.0.0.1:8000': 'http://127.0.0.1:8000',
      'http://[::1]:8000': 'http://[::1]:8000',
    };
    for (const [written, url] of Object.entries(cases)) assert.equal(endpointOf(written).url, url, written);
    assert.equal(endpointOf('https://api.tower.nf').replaces, 'api.tower.nf');
  });

  it('is refused if it is none, or if the token would go over the network in clear', () => {
    for (const written of ['', 'ftp://example.org', 'https://', 'https://a.org/?x=1', 'https://a.org/#x'])
      assert.throws(() => endpointOf(written), /no address of a Platform/, written);
    for (const written of ['http://platform.example.org/api', 'http://127.0.0.1.example.org'])
      assert.throws(() => endpointOf(written), /not encrypted/, written);
    assert.throws(
      () => endpointOf('https://me:fake-password@example.org'),
      (error: Error) => {
        assert.match(error.message, /no user name and no password/);
        return !error.message.includes('fake-password');
      },
    );
  });
});
