import { findProgram, packagesFor, type Program } from '../process/programs.ts';
import { redisPrograms } from '../redis/redis.ts';
import { isS3Given } from '../s3/given-s3.ts';
import { swiftPrograms } from '../s3/swift.ts';
import { installPackages } from './apt-get.ts';
import { missingNotice, planInstall } from './install-plan.ts';

/**
 * Installs the servers the tests start, where this machine lacks some, with apt-get as root; otherwise says what to type.
 * `CACHE_TEST_INSTALL=never` forbids it. Costs nothing when all are there. Never throws: a test that lacks its server skips
 * with the reason.
 */
export async function ensureServices(say: (text: string) => void): Promise<void> {
  const aptGet = findProgram('apt-get');
  const plan = planInstall({
    missingPackages: packagesFor(missingNames()),
    isRoot: process.getuid?.() === 0,
    hasAptGet: aptGet !== undefined,
    setting: process.env['CACHE_TEST_INSTALL'],
  });
  if (plan.kind === 'forgo') say(`${plan.notice}\n`);
  if (plan.kind !== 'install' || aptGet === undefined) return;
  say(`Installing servers for the tests: ${plan.packages.join(' ')} ... `);
  const started = performance.now();
  try {
    await installPackages(plan.packages, { aptGet });
    say(`${((performance.now() - started) / 1000).toFixed(1)} s\n`);
  } catch (error) {
    say('failed\n');
    say(`${missingNotice(plan.packages, 'apt-get failed')}\n${(error as Error).message}\n`);
  }
}

function missingNames(): Program[] {
  const needed: readonly Program[] = [...redisPrograms, 'openssl', ...(isS3Given() ? [] : swiftPrograms)];
  return needed.filter((name) => findProgram(name) === undefined);
}
