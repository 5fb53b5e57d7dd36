import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeGuardedFolder } from './process/guard.ts';
import { missingPrograms, requireProgram } from './process/programs.ts';

const execute = promisify(execFile);

/** Paths of PEM files. They are removed when the test process ends, however it ends. */
export interface TlsFiles {
  /** The authority that signed the server's and the client's certificate. */
  readonly caFile: string;
  /** The server's, for the hosts asked for. */
  readonly certificateFile: string;
  readonly keyFile: string;
  /** For a client that authenticates itself; its common name is `client`. */
  readonly clientCertificateFile: string;
  readonly clientKeyFile: string;
  /** An authority that signed none of them. */
  readonly otherCaFile: string;
  readonly folder: string;
}

export interface TlsOptions {
  /** Names and IP addresses the server's certificate is for. Default: `127.0.0.1` and `localhost`. */
  readonly hosts?: readonly string[];
}

/** Why no certificates can be made on this machine; undefined when they can. */
export function tlsProblem(): string | undefined {
  return missingPrograms(['openssl']);
}

/** Two authorities, a server's and a client's certificate, good for two days. */
export async function makeTlsFiles(options: TlsOptions = {}): Promise<TlsFiles> {
  const problem = tlsProblem();
  if (problem !== undefined) throw new Error(problem);
  const hosts = options.hosts ?? ['127.0.0.1', 'localhost'];
  const { path: folder } = makeGuardedFolder('cache-test-tls');
  const file = (name: string): string => join(folder, name);
  await Promise.all([makeAuthority(folder, 'ca'), makeAuthority(folder, 'other-ca')]);
  await Promise.all([
    makeCertificate(folder, 'server', `subjectAltName=${hosts.map(alternativeName).join(',')}`),
    makeCertificate(folder, 'client', 'extendedKeyUsage=clientAuth'),
  ]);
  return {
    caFile: file('ca.crt'),
    certificateFile: file('server.crt'),
    keyFile: file('server.key'),
    clientCertificateFile: file('client.crt'),
    clientKeyFile: file('client.key'),
    otherCaFile: file('other-ca.crt'),
    folder,
  };
}

const days = ['-days', '2'];

async function makeAuthority(folder: string, name: string): Promise<void> {
  await openssl(folder, [
    'req',
    '-x509',
    ...newKey(name),
    ...days,
    ...['-subj', `/CN=${name}`, '-out', `${name}.crt`],
    ...['-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
  ]);
}

async function makeCertificate(folder: string, name: string, extension: string): Promise<void> {
  await writeFile(join(folder, `${name}.extensions`), `basicConstraints=CA:FALSE\n${extension}\n`);
  await openssl(folder, ['req', ...newKey(name), '-subj', `/CN=${name}`, '-out', `${name}.request`]);
  await openssl(folder, [
    'x509',
    '-req',
    ...days,
    ...['-in', `${name}.request`, '-out', `${name}.crt`, '-extfile', `${name}.extensions`],
    // A serial number of its own each: two certificates are signed at the same time.
    ...['-CA', 'ca.crt', '-CAkey', 'ca.key', '-set_serial', name === 'server' ? '1' : '2'],
  ]);
}

/** Elliptic curves: a key takes a millisecond where RSA takes a tenth of a second. */
function newKey(name: string): string[] {
  return ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', `${name}.key`];
}

function alternativeName(host: string): string {
  return /^[\d.]+$|:/.test(host) ? `IP:${host}` : `DNS:${host}`;
}

async function openssl(folder: string, opensslArguments: readonly string[]): Promise<void> {
  await execute(requireProgram('openssl'), opensslArguments, { cwd: folder, timeout: 30_000 });
}
