import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkOptions } from './check-options.ts';
import { definition } from './definition.ts';

const readme = readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8');

/** The fenced blocks of a language. */
function blocks(language: string): string[] {
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(
    ([, text = '']) => text,
  );
}

describe('the README', () => {
  it('names settings the definition takes', async () => {
    const names = new Set(readme.match(/\bs3_[a-z_]+\b/g));
    expect(names.size).toBeGreaterThan(8);
    for (const name of [...names].filter((name) => !/_$/.test(name))) {
      const result = await definition.options['~standard'].validate({
        s3_bucket_name: 'answers',
        [name]: null,
      });
      const messages = (result.issues ?? []).map(({ message }) => message);
      expect(messages.filter((message) => message.includes('none of'))).toEqual([]);
    }
  });

  it('has a row for each option, and rows for options only', () => {
    const table = readme.split('## Options')[1]?.split('\n- ')[0] ?? '';
    const documented = [...table.matchAll(/^\| (`.*?) +\|/gm)].flatMap(
      ([, cell = '']) => cell.match(/\w+/g) ?? [],
    );
    for (const name of documented)
      expect(() => checkOptions({ bucket: 'a', [name]: Symbol('wrong') })).not.toThrow(/no option/);
    expect(documented).toEqual(expect.arrayContaining(['bucket', 'createBucket', 'maxValueBytes', 'client']));
  });

  it('shows a policy of what the backend does, and a rule, in valid JSON', () => {
    const [policy, rule] = blocks('json').map((text) => JSON.parse(text) as unknown);
    expect(JSON.stringify(policy)).toContain('s3:ListBucket');
    expect(rule).toMatchObject({ Rules: [{ Status: 'Enabled' }] });
  });
});
