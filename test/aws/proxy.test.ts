import assert from 'node:assert/strict';
import { AwsStandIn } from '../fixtures/aws-stand-in.ts';
import { BatchNextflow } from '../fixtures/batch-nextflow.ts';
import { ConnectProxy } from '../fixtures/connect-proxy.ts';
import { Sandbox } from '../fixtures/sandbox.ts';
import { leftOfRuns } from '../fixtures/stand-in.ts';
import { fillVault } from '../fixtures/vault-values.ts';

const HOSTS = [
  ...['sts', 'secretsmanager', 'batch'].map((service) => `${service}.eu-west-1.amazonaws.com`),
  'iam.amazonaws.com',
];

describe('AWS by way of a proxy @aws', () => {
  let aws: AwsStandIn;
  let proxy: ConnectProxy;
  let sandbox: Sandbox;
  before(async () => {
    aws = await AwsStandIn.start();
  });
  after(() => {
    aws.stop();
  });
  beforeEach(async () => {
    await aws.reset();
    sandbox = new Sandbox();
    const { AWS_ENDPOINT_URL: backend = '', ...env } = aws.env;
    proxy = await ConnectProxy.start(HOSTS, backend);
    Object.assign(sandbox.env, env, { NODE_EXTRA_CA_CERTS: proxy.certificate });
    new BatchNextflow(sandbox).answers([{ name: 'MAIN:ALIGN', secrets: ['TOKEN'] }]);
    await fillVault('user', { TOKEN: 'fake-token-of-no-service' }, sandbox);
  });
  afterEach(() => {
    proxy.stop();
    sandbox.remove();
  });

  async function launches(env: Record<string, string>): Promise<void> {
    const { exitCode, stderr } = await sandbox.nfSecrets(['launch', 'main.nf'], { env });
    assert.equal(exitCode, 0, stderr);
    assert.ok(aws.requests.includes('DeleteSecret'));
    assert.deepEqual(await aws.content(), []);
    assert.deepEqual(leftOfRuns(sandbox), []);
  }

  for (const variable of ['HTTPS_PROXY', 'https_proxy']) {
    it(`${variable} is the way to every service`, async () => {
      await launches({ [variable]: proxy.url });
      assert.deepEqual([...new Set(proxy.tunnels)].sort(), HOSTS.map((host) => `${host}:443`).sort());
    });
  }

  it('NO_PROXY counts for the host that is spoken to, wherever that is said', async () => {
    const env = { HTTPS_PROXY: proxy.url, AWS_ENDPOINT_URL: proxy.direct };
    await launches({ ...env, NO_PROXY: 'example.org,localhost' });
    assert.deepEqual(proxy.tunnels, []);
    await launches({ ...env, NO_PROXY: '.amazonaws.com' });
    assert.deepEqual([...new Set(proxy.tunnels)], [proxy.direct.slice('https://'.length)]);
  });

  it('one that refuses stops the launch, and its password is not shown', async () => {
    const wrong = proxy.url.replace('fake-password', 'fake-other');
    const env = { HTTPS_PROXY: wrong, AWS_MAX_ATTEMPTS: '1' };
    const { exitCode, stderr } = await sandbox.nfSecrets(['launch', 'main.nf'], { env });
    assert.equal(exitCode, 69, stderr);
    assert.match(stderr, /The proxy does not let sts:GetCallerIdentity pass/);
    assert.ok(!stderr.includes('fake-other'));
    assert.deepEqual(leftOfRuns(sandbox), []);
  });
});
