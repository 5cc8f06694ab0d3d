import assert from 'node:assert/strict';
import { isRefusedByJava, quickStart } from '../../src/core/nextflow/quick-java.ts';

const QUICK = '-XX:+IgnoreUnrecognizedVMOptions -XX:TieredStopAtLevel=1';

describe('the Java of a Nextflow that is only asked', () => {
  const cases: [title: string, env: Record<string, string>, options: string][] = [
    ['nothing of the person', {}, `${QUICK} -XX:+UseSerialGC`],
    ['an option', { NXF_JVM_ARGS: '-Xmx1g' }, `-Xmx1g ${QUICK} -XX:+UseSerialGC`],
    [
      'an option of all starts',
      { NXF_OPTS: '-Xmx1g -XX:+UseStringDeduplication' },
      `${QUICK} -XX:+UseSerialGC`,
    ],
    ['a collector', { NXF_JVM_ARGS: '-XX:+UseZGC' }, `-XX:+UseZGC ${QUICK}`],
    ['a collector for all starts', { NXF_OPTS: '-Xms1g -XX:+UseParallelGC' }, QUICK],
    ['a collector of another variable', { _JAVA_OPTIONS: '-XX:+UseG1GC' }, QUICK],
    ['a collector that is not wanted', { JDK_JAVA_OPTIONS: '-XX:-UseSerialGC' }, QUICK],
    ['a file of options', { JDK_JAVA_OPTIONS: '@/opt/java options' }, QUICK],
    ['a file of flags', { NXF_OPTS: '-XX:VMOptionsFile=flags' }, QUICK],
  ];
  for (const [title, env, options] of cases) {
    it(`ends its compilation early, beside ${title}`, () => {
      assert.deepEqual(quickStart(env), { NXF_JVM_ARGS: options, NXF_DISABLE_CHECK_LATEST: 'true' });
    });
  }

  it('is known not to have started by what Java says', () => {
    assert.ok(
      isRefusedByJava('Unrecognized option: -x\nError: Could not create the Java Virtual Machine.\n'),
    );
    assert.ok(
      isRefusedByJava('Error occurred during initialization of VM\nMultiple garbage collectors selected'),
    );
    assert.ok(
      !isRefusedByJava('ERROR ~ No such variable: Error: Could not create the Java Virtual Machine\n'),
    );
  });
});
