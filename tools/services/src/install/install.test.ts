import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { installPackages } from './apt-get.ts';
import { planInstall, type Machine } from './install-plan.ts';

const bareDebian: Machine = {
  missingPackages: ['redis-server', 'memcached'],
  isRoot: true,
  hasAptGet: true,
  setting: undefined,
};

describe('planInstall', () => {
  test('installs what is missing, as root on a machine with apt-get', () => {
    expect(planInstall(bareDebian)).toEqual({ kind: 'install', packages: ['redis-server', 'memcached'] });
    expect(planInstall({ ...bareDebian, setting: '' }).kind).toBe('install');
  });

  test('does nothing when nothing is missing, whatever the machine', () => {
    expect(planInstall({ ...bareDebian, missingPackages: [] })).toEqual({ kind: 'nothing' });
    const nobody = { isRoot: false, hasAptGet: false, setting: 'never' };
    expect(planInstall({ ...nobody, missingPackages: [] })).toEqual({ kind: 'nothing' });
  });

  test.each([
    [{ isRoot: false }, 'not root'],
    [{ hasAptGet: false }, 'no apt-get'],
    [{ setting: 'never' }, 'CACHE_TEST_INSTALL=never'],
    [{ setting: 'always' }, 'CACHE_TEST_INSTALL is "always"; it knows only "never"'],
  ])('else says in one line why not and what to type: %j', (difference, reason) => {
    const plan = planInstall({ ...bareDebian, ...difference });
    const notice = plan.kind === 'forgo' ? plan.notice : '';
    expect(notice).toContain(reason);
    expect(notice).toContain('apt-get install -y --no-install-recommends redis-server memcached');
    expect(notice).not.toContain('\n');
  });
});

/** With a program in the place of apt-get that writes down how it was called: a real one would change the machine. */
describe('installPackages', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cache-test-install-'));
    mkdirSync(join(folder, 'lists'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const file = (name: string): string => join(folder, name);

  /** `script` decides the exit code; what it did is in the file `calls`. */
  async function install(script: string): Promise<string[]> {
    const words = 'shift 3; echo "$* $DEBIAN_FRONTEND $(test -x policy && sh policy; echo $?)" >> calls';
    writeFileSync(file('apt-get'), `#!/bin/sh\ncd "$(dirname "$0")"\n${words}\n${script}\n`);
    chmodSync(file('apt-get'), 0o755);
    const options = { aptGet: file('apt-get'), listsFolder: file('lists'), policyFile: file('policy') };
    try {
      await installPackages(['one', 'two'], options);
    } finally {
      expect(existsSync(file('policy'))).toBe(false);
    }
    return readFileSync(file('calls'), 'utf8').trimEnd().split('\n');
  }

  const installCall = 'install -y --no-install-recommends one two noninteractive 101';
  const updateCall = 'update noninteractive 101';

  test('installs without questions or daemons', async () => {
    writeFileSync(file('lists/mirror_main_binary-amd64_Packages.lz4'), '');
    expect(await install('exit 0')).toEqual([installCall]);
  });

  test('fetches the lists first where there are none', async () => {
    expect(await install('exit 0')).toEqual([updateCall, installCall]);
  });

  test('fetches them when those there are do not do', async () => {
    writeFileSync(file('lists/mirror_main_binary-amd64_Packages'), '');
    const failsOnce = 'test "$1" = update || test "$(grep -c install calls)" = 2';
    expect(await install(failsOnce)).toEqual([installCall, updateCall, installCall]);
  });

  test('rejects with what apt-get said', async () => {
    await expect(install('echo E: no network >&2; exit 100')).rejects.toThrow('E: no network');
  });

  test('leaves a policy alone that is there already', async () => {
    writeFileSync(file('policy'), 'of the machine');
    const options = { aptGet: '/bin/true', listsFolder: file('lists'), policyFile: file('policy') };
    await installPackages(['one'], options);
    expect(readFileSync(file('policy'), 'utf8')).toBe('of the machine');
  });
});
