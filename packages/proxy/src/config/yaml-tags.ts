import { Scalar, type ScalarTag, type Tags } from 'yaml';

/**
 * The plain scalars PyYAML's resolver knows (its YAML 1.1, which is neither the specification's nor the `yaml` package's):
 * `y` and `n` are strings, an exponent needs a dot and a sign, octals are `017`, and `190:20:30` counts in sixties.
 * Dates stay strings: nothing in a configuration is a date, and `s3_api_version: 2006-03-01` is a name.
 */
export function pyYamlTags(schemaTags: Tags): Tags {
  return [...schemaTags.filter(isPlainStructure), ...SCALARS, 'merge'];
}

const STRUCTURES = new Set(['tag:yaml.org,2002:map', 'tag:yaml.org,2002:seq', 'tag:yaml.org,2002:str']);

function isPlainStructure(tag: Tags[number]): boolean {
  return typeof tag !== 'string' && STRUCTURES.has(tag.tag);
}

const SCALARS: readonly ScalarTag[] = [
  scalar('null', /^(?:~|null|Null|NULL)?$/, () => null),
  scalar('bool', /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/, () => true),
  scalar('bool', /^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/, () => false),
  scalar('int', /^[-+]?0b[01_]+$/, (digits) => integer(digits, 2, 2)),
  scalar('int', /^[-+]?0x[0-9a-fA-F_]+$/, (digits) => integer(digits, 2, 16)),
  scalar('int', /^[-+]?0[0-7_]+$/, (digits) => integer(digits, 1, 8)),
  scalar('int', /^[-+]?(?:0|[1-9][0-9_]*)$/, (digits) => integer(digits, 0, 10)),
  scalar('int', /^[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+$/, sexagesimal),
  scalar('float', /^[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?$/, Number),
  scalar('float', /^\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?$/, Number),
  scalar('float', /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*$/, sexagesimal),
  scalar('float', /^[-+]?\.(?:inf|Inf|INF)$/, (text) => (text.startsWith('-') ? -Infinity : Infinity)),
  scalar('float', /^\.(?:nan|NaN|NAN)$/, () => NaN),
];

/** Wrapped in a Scalar: the parser would take a bare `null` for "no node". */
function scalar(name: string, test: RegExp, read: (digits: string) => unknown): ScalarTag {
  return {
    tag: `tag:yaml.org,2002:${name}`,
    default: true,
    test,
    resolve: (source) => new Scalar(read(source.replaceAll('_', ''))),
  };
}

function integer(source: string, prefixLength: number, radix: number): number {
  const { sign, digits } = signed(source);
  return sign * Number.parseInt(digits.slice(prefixLength), radix);
}

/** `1:30` is ninety: each part counts sixty of the next. */
function sexagesimal(source: string): number {
  const { sign, digits } = signed(source);
  return sign * digits.split(':').reduce((total, part) => total * 60 + Number(part), 0);
}

function signed(source: string): { sign: 1 | -1; digits: string } {
  return { sign: source.startsWith('-') ? -1 : 1, digits: source.replace(/^[-+]/, '') };
}
