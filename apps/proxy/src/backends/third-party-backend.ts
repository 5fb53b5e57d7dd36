import { BACKEND_CONTRACT } from '@cache/core';
import type { BackendCapabilities, CacheBackend } from '@cache/core';
import { isObject, kindOf, type ModuleExports } from './third-party-definition.ts';

const REQUIRED_METHODS = ['get', 'set', 'delete', 'ping', 'close'];
const OPTIONAL_METHODS = ['getMany', 'setMany', 'list', 'clear', 'describe'];

/** @returns `made` itself if it is a backend this release can use, else what is wrong with it, in words. */
export function backendOf(made: unknown): CacheBackend | string {
  if (!isObject(made)) return `made ${kindOf(made)} in the place of a backend`;
  if (made['contract'] !== BACKEND_CONTRACT) return contractProblem(made['contract']);
  const problems = [...memberProblems(made), ...capabilityProblems(made['capabilities'])];
  return problems.length === 0
    ? (made as unknown as CacheBackend)
    : `made a malformed backend: ${problems.join('; ')}`;
}

function contractProblem(version: unknown): string {
  const spoken = version === undefined ? 'no version' : `version ${kindOf(version)}`;
  return (
    `its backend speaks ${spoken} of the backend contract, and this release speaks version ${BACKEND_CONTRACT}: ` +
    'install a version of it, or of the proxy, that fits'
  );
}

function memberProblems(made: ModuleExports): string[] {
  const { name } = made;
  const isNamed = typeof name === 'string' && name !== '';
  const missing = REQUIRED_METHODS.filter((method) => typeof made[method] !== 'function');
  const wrong = OPTIONAL_METHODS.filter((method) => !isAbsentOrFunction(made[method]));
  return [
    ...(isNamed ? [] : ['name must be a text']),
    ...missing.map((method) => `${method} must be a function`),
    ...wrong.map((method) => `${method} must be a function, if it is there`),
  ];
}

function capabilityProblems(capabilities: unknown): string[] {
  if (!isObject(capabilities)) return ['capabilities must be an object'];
  const { expiry, expiryResolutionMilliseconds, maxValueBytes, maxKeyBytes, shared } =
    capabilities as Partial<BackendCapabilities>;
  return [
    ...(expiry === 'native' || expiry === 'none' ? [] : ['capabilities.expiry must be "native" or "none"']),
    ...(isNumberFrom(0, expiryResolutionMilliseconds)
      ? []
      : ['capabilities.expiryResolutionMilliseconds must be a number from 0']),
    ...(isNumberFrom(1, maxValueBytes) ? [] : ['capabilities.maxValueBytes must be a number from 1']),
    ...(isNumberFrom(1, maxKeyBytes) ? [] : ['capabilities.maxKeyBytes must be a number from 1']),
    ...(typeof shared === 'boolean' ? [] : ['capabilities.shared must be true or false']),
  ];
}

function isAbsentOrFunction(value: unknown): boolean {
  return value === undefined || typeof value === 'function';
}

function isNumberFrom(least: number, value: unknown): boolean {
  return typeof value === 'number' && value >= least;
}
